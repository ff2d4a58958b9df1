"""`tapeline market` tells people what the gateway tells programs."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from services.api.market import MarketNow, market_now
from shared.codec import encode
from tapeline.__main__ import app
from tapeline.cli.market import _show
from tapeline.cli.outcome import Unreachable
from tests.services.api.test_market import AT, SAID, plan, vectors


def shown(found: MarketNow, capsys: pytest.CaptureFixture[str]) -> list[str]:
    _show(found)
    return capsys.readouterr().out.splitlines()


def test_conditions_are_told_with_their_close_and_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    found = market_now("desk", plan(), {}, [encode(vectors(AT, {**SAID, "vix.return_5": float("nan")}))], 0)
    lines = shown(found, capsys)

    assert lines[0] == "Market of run desk at 2024-11-29 15:00:00 UTC, friday (the market's clock)"
    assert [" ".join(line.split()) for line in lines[2:]] == [
        "trend bullish",
        "volatility regime calm",
        "momentum 0.40",
        "volatility 18.00%",
        "return 5 1.00%",
        "return 20 -2.00%",
        "vix 17.25",
        "vix return 5 not known",
    ]
    assert max(len(line) for line in lines) <= 80


def test_what_is_missing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    found = market_now("desk", plan(), {}, [], 0)
    assert shown(found, capsys)[-1] == "  no conditions: no bar has closed since the bus began"
    blind = market_now("desk", msgspec.structs.replace(plan(), features=()), {}, [], 0)
    assert "asks nothing of the market" in shown(blind, capsys)[-1]


def test_without_a_desk_one_line_says_how_to_start_one(tmp_path: object) -> None:
    done = CliRunner().invoke(app, ["market", "--data", str(tmp_path)])
    assert isinstance(done.exception, Unreachable)
    assert "start one with `tapeline up`" in str(done.exception)
