from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from research.replay.options import ReplayOptions
from shared.failures import Refused

TAPE = Path("tape")


def test_one_minute_bars_unless_told_otherwise() -> None:
    assert ReplayOptions(tape=TAPE).interval_ns == 60_000_000_000


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"engine": "abacus"}, "engine abacus is not one of"),
        ({"workers": 0}, "workers is 0"),
        ({"kill": "any"}, "go together"),
        ({"kill": "cat", "times": 1, "engine": "redis"}, "kill cat"),
        ({"kill": "any", "times": 1}, "add --engine redis"),
        ({"bar_s": 0.0}, "bar_s"),
        ({"block": -1}, "block is -1"),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_a_reason(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        ReplayOptions(tape=TAPE, **given)


def test_every_problem_is_said_at_once() -> None:
    with pytest.raises(Refused) as refused:
        ReplayOptions(tape=TAPE, workers=0, accounts=0)
    assert len(str(refused.value).splitlines()) == 2
