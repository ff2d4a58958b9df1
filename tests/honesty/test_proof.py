"""Scores are right where the truth is known: a few seeds of the proof, and its laws on lies."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from research.scores.bootstrap import Interval
from tests.honesty.campaign import campaign, laws
from tests.honesty.seeds import Claims, Seed

FEW = 5


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Seed]]:
    folder = tmp_path_factory.mktemp("proof")
    return folder, campaign(FEW, folder)


def test_oracles_are_covered_and_nobody_finds_more_than_there_is(played: tuple[Path, list[Seed]]) -> None:
    covered, found, without = laws(played[1])
    assert covered.held >= FEW - 1
    assert found.held == FEW
    assert without.held >= FEW - 1
    assert all(one.rows >= 20_000 for one in played[1])


def test_a_stronger_plant_is_measured_as_stronger(played: tuple[Path, list[Seed]]) -> None:
    weak, strong = played[1][0], played[1][3]
    assert weak.planted < strong.planted
    assert weak.oracle.value < strong.oracle.value
    assert strong.oracle.low > 0.0


def test_a_proof_that_was_stopped_goes_on(played: tuple[Path, list[Seed]]) -> None:
    folder, seeds = played
    assert campaign(FEW, folder, say=lambda line: None) == seeds


def test_a_law_that_is_broken_is_seen() -> None:
    here, there = Interval(0.05, 0.04, 0.06), Interval(0.08, 0.07, 0.09)
    claims = Claims(rank_ic=here, rank_ic_across=here, own_ic=here)
    honest = Seed(
        seed=0,
        planted=0.05,
        rows=20_000,
        oracle=here,
        claims=claims,
        verdict="pass",
        verdict_without="no edge",
        sentence_without="",
    )
    assert all(law.is_kept for law in laws([honest] * 20))
    changed = msgspec.structs.replace
    lies = (
        changed(honest, oracle=there),
        changed(honest, claims=changed(claims, own_ic=there)),
        changed(honest, verdict_without="pass"),
    )
    assert [[law.is_kept for law in laws([lie] * 20)] for lie in lies] == [
        [False, True, True],
        [True, False, True],
        [True, True, False],
    ]
