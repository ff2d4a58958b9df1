"""A route says who may use it; one that says nothing lets nobody in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from services.api.gate import declared_scope, scope_of
from services.api.keys import Scope
from services.api.problems import Problem


@pytest.mark.parametrize("scope", list(Scope))
def test_a_route_declares_its_scope(scope: Scope) -> None:
    assert declared_scope(SimpleNamespace(openapi_extra=scope_of(scope))) is scope


@pytest.mark.parametrize("extra", [None, {}, {"x-scope": "everybody"}])
def test_a_route_without_a_known_scope_lets_nobody_in(extra: object) -> None:
    with pytest.raises(Problem, match="no scope"):
        declared_scope(SimpleNamespace(openapi_extra=extra))
