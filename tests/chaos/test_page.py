"""The page says what was played, and hides no failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.campaign import Bug, Kind
from tests.chaos.kept import Outcome, Played, kept
from tests.chaos.page import page


def outcome(kind: str, seed: int, failure: str = "", **struck: int) -> Outcome:
    return Outcome(
        kind, seed, failure, struck, seconds=1_800.0, code="abc1234", size={"orders": 7, "fills": 9}
    )


@pytest.fixture(scope="module")
def text() -> str:
    kinds = [
        Kind("kills", "golden ledger", tuple(outcome("kills", seed, kills=2) for seed in range(30))),
        Kind("wipes", "golden ledger", (outcome("wipes", 0, wipes=1), outcome("wipes", 1, "another ledger"))),
    ]
    real = [outcome("real connections cut", seed, cuts=50) for seed in range(2)]
    real += [outcome("tape kill any", 0, kills=5), outcome("tape kill any", 1, "ledger 12", kills=5)]
    bugs = [Bug("random id", 1, "another ledger", 0), Bug("ties by arrival", 0, "", 0)]
    return page(kinds, bugs, real)


def test_each_zero_stands_beside_its_number_and_its_bound(text: str) -> None:
    assert "| kills | golden ledger | 30 | 60 kills | 0 | 10.00% |" in text
    assert "| connections cut | one process | golden ledger | 2 | 100 cuts | 0 | 3.00% |" in text


def test_a_failure_has_its_seed_and_no_bound(text: str) -> None:
    assert "| wipes | golden ledger | 2 | 1 wipes | 1 (seeds 1) | – |" in text
    assert "| kill any | processes | golden ledger | 2 | 10 kills | 1 (seeds 1) | – |" in text
    assert "| ties by arrival | not found |  | 0 |" in text
    assert "1 of 2 found" in text


def test_it_says_how_long_was_played_and_on_which_code(text: str) -> None:
    assert "18 h 0 min of playing" in text
    assert "abc1234" in text


def test_what_was_played_is_not_played_again(tmp_path: Path) -> None:
    seeds = iter(range(2))
    first, again, other = (
        kept(tmp_path, "some kind", seed, lambda: Played("", {"kills": next(seeds)}, {}))
        for seed in (0, 0, 1)
    )
    assert first == again
    assert (first.struck, other.struck) == ({"kills": 0}, {"kills": 1})
