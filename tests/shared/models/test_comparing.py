"""A challenger is compared on the same closes, and looking every day does not make a winner of an equal."""

from __future__ import annotations

import numpy as np
import pytest

from shared.block import Block
from shared.failures import Refused
from shared.models.comparing import FEWEST, compare, sequence
from shared.streams import BARS, PREDICTIONS, SHADOW
from tests.fixtures.registry import MINUTE_NS, model_row

ACTIVE, CHALLENGER = model_row(1), model_row(2)
LOOKS = range(FEWEST, 2_001, 50)


def market(closes: int, instruments: int, known: float, seed: int = 1) -> tuple[Block, Block]:
    """Bars that walk, an active model that guesses, and a shadow that knows a share of the next move."""
    draw = np.random.default_rng(seed)
    moves = draw.normal(0.0, 0.01, (closes, instruments))
    prices = np.round(100_000 * np.exp(np.vstack([np.zeros(instruments), np.cumsum(moves, axis=0)])))
    times = np.repeat(np.arange(closes + 1) * MINUTE_NS, instruments)
    who = np.tile(np.arange(instruments), closes + 1)
    zeros = {column.name: np.zeros(len(times)) for column in BARS.columns}
    bars = BARS.block(
        {**zeros, "event_time_ns": times, "instrument": who, "close": prices.ravel()}, watermark_ns=0
    )
    guess = draw.normal(0.0, 0.1, moves.shape)
    knows = known * moves / 0.01 * 0.1 + (1 - known) * draw.normal(0.0, 0.1, moves.shape)
    rows = [
        _said(row.model, flags, opinion, times[: moves.size], who[: moves.size])
        for row, flags, opinion in ((ACTIVE, 0, guess), (CHALLENGER, SHADOW, knows))
    ]
    columns = {name: np.concatenate([each[name] for each in rows]) for name in rows[0]}
    return PREDICTIONS.block(columns, watermark_ns=0).sorted(), bars


def _said(
    model: int, flags: int, opinion: np.ndarray, times: np.ndarray, who: np.ndarray
) -> dict[str, np.ndarray]:
    half = np.clip(opinion.ravel(), -0.6, 0.6) / 2
    chances = np.stack([1 / 3 - half, np.full(len(half), 1 / 3), 1 / 3 + half], axis=1)
    return {
        "event_time_ns": times, "instrument": who, "model": np.full(len(half), model),
        "horizon_ns": np.full(len(half), MINUTE_NS), "flags": np.full(len(half), flags),
        "probabilities": chances,
    }  # fmt: skip


def test_a_challenger_that_knows_something_is_surely_better() -> None:
    predictions, bars = market(300, 10, known=0.5)
    found = compare(predictions, bars, ACTIVE, CHALLENGER)
    assert found.is_better and found.against == ACTIVE.address
    assert (found.rows, found.moments) == (3_000, 300)
    assert found.challenger[0] > 0.6 and abs(found.active[0]) < 0.1
    assert found.difference[0] == pytest.approx(found.challenger[0] - found.active[0], abs=1e-12)
    assert 0.2 < found.agreement < 0.8
    swapped = compare(predictions, bars, CHALLENGER, ACTIVE)
    assert not swapped.is_better and swapped.difference[0] == pytest.approx(-found.difference[0], abs=1e-12)


def test_the_coefficient_is_pearsons() -> None:
    predictions, bars = market(200, 5, known=0.3)
    found = compare(predictions, bars, ACTIVE, CHALLENGER)
    mine = predictions.take(np.flatnonzero(predictions["model"] == CHALLENGER.model))
    opinion = mine["probabilities"][:, 2] - mine["probabilities"][:, 0]
    closes = np.log(bars["close"].reshape(-1, 5).astype(float))
    assert found.challenger[0] == pytest.approx(np.corrcoef(opinion, np.diff(closes, axis=0).ravel())[0, 1])


def test_rows_that_are_not_warm_or_have_no_outcome_or_no_twin_do_not_count() -> None:
    predictions, bars = market(120, 4, known=0.5)
    flags = predictions["flags"].copy()
    flags[np.flatnonzero(predictions["model"] == ACTIVE.model)[:40]] |= 1
    cold = Block(PREDICTIONS, {**predictions.columns, "flags": flags}, 0)
    assert compare(cold, bars, ACTIVE, CHALLENGER).rows == 480 - 40
    assert compare(predictions, bars.rows(0, len(bars) - 8), ACTIVE, CHALLENGER).rows == 480 - 8


def test_a_few_closes_are_no_proof() -> None:
    predictions, bars = market(FEWEST - 1, 10, known=0.9)
    with pytest.raises(Refused, match="have 49 stretches of 60 s"):
        compare(predictions, bars, ACTIVE, CHALLENGER)
    with pytest.raises(Refused, match="have 0 stretches"):
        compare(predictions, bars, ACTIVE, model_row(3))


def test_overlapping_outcomes_are_taken_together() -> None:
    predictions, bars = market(300, 4, known=0.5)
    long = {"horizon_ns": 5 * MINUTE_NS}
    with pytest.raises(Refused, match="stretches of 1200 s"):
        compare(predictions, bars, model_row(1, **long), model_row(2, **long))


def test_of_equal_models_fewer_than_one_in_twenty_ever_looks_better() -> None:
    """Looked at forty times each, and promoted at the first look that says so."""
    fooled = sum(
        any(sequence(series[:n])[1] > 0.0 for n in LOOKS)
        for series in (np.random.default_rng(seed).normal(size=2_000) for seed in range(600))
    )
    assert fooled / 600 <= 0.05


def test_a_better_model_is_found_out_in_four_of_five_cases() -> None:
    """An edge of an eighth of the deviation of a close, within two thousand closes."""
    found = sum(
        any(sequence(series[:n])[1] > 0.0 for n in LOOKS)
        for series in (np.random.default_rng(seed).normal(0.125, 1.0, 2_000) for seed in range(200))
    )
    assert found / 200 >= 0.8
