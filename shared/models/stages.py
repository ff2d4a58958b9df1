"""The stages of a model's life, and which may follow which."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shared.failures import Refused


class ModelStage(enum.StrEnum):
    """How far a model is trusted."""

    CANDIDATE = "candidate"
    SHADOW = "shadow"
    CANARY = "canary"
    ACTIVE = "active"
    RETIRED = "retired"


_S = ModelStage
NEXT: Final[Mapping[ModelStage, frozenset[ModelStage]]] = MappingProxyType(
    {
        _S.CANDIDATE: frozenset({_S.SHADOW, _S.ACTIVE, _S.RETIRED}),
        _S.SHADOW: frozenset({_S.CANARY, _S.ACTIVE, _S.RETIRED}),
        _S.CANARY: frozenset({_S.SHADOW, _S.ACTIVE, _S.RETIRED}),
        _S.ACTIVE: frozenset({_S.SHADOW, _S.RETIRED}),
        _S.RETIRED: frozenset(),
    }
)
"""A canary has been a shadow first; who leaves the top stays in the shadow, ready to come back."""

WATCHED: Final = frozenset({_S.SHADOW, _S.CANARY})
"""Stages whose models predict on the live stream; a canary is traded by accounts that are meant for it."""


def move(now: ModelStage, to: ModelStage) -> ModelStage:
    """The next stage, or one line why it cannot follow."""
    if to not in NEXT[now]:
        may = ", ".join(sorted(NEXT[now])) or "nothing"
        raise Refused(f"a model that is {now} cannot become {to}; it may become {may}")
    return to
