"""A user's mistake ends a service at once, with one line and its own code."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from shared.engine.context import Context
from shared.engine.service import run_service
from shared.engine.stage import Stage


def nothing(context: Context) -> Sequence[Stage]:
    raise AssertionError("no stage is built for a service that may not start")


def test_settings_that_make_no_sense_stop_it_before_it_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAPELINE_ENGINE__MODE", "sideways")
    assert run_service("features", nothing) == 3
    said = capsys.readouterr().err
    assert said.startswith("features: ") and "sideways" in said
    assert "Traceback" not in said
