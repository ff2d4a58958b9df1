"""A split is no return, and a vector of before it does not know of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.features.split_factors import SplitFactors
from shared.actions import Action, ActionRow, block_of
from shared.block import Block
from shared.streams import BARS
from shared.time import MINUTE_NS
from tests.fixtures.blocks import block

COUNT, SPLIT_AT = 120, 60
SPLIT = ActionRow(SPLIT_AT * MINUTE_NS, 1, Action.SPLIT, 2, 1)
NOTHING = block_of([])


def bars(split: int = 1) -> Block:
    """Two instruments; from one bar on the prices of the first are those of after a split."""
    step = np.repeat(np.arange(1, COUNT + 1), 2)
    instrument = np.tile([1, 2], COUNT)
    share = np.where((step > SPLIT_AT) & (instrument == 1), split, 1)
    close = (20_000 + 40 * (step * step % 37) + 2 * instrument) // share
    told = {
        "open": close,
        "high": close + 20 // share,
        "low": close - 20 // share,
        "close": close,
        "vwap": close,
    }
    return block(
        BARS, (step * MINUTE_NS).tolist(), watermark_ns=0, instrument=instrument, volume=600 * share,
        signed_volume=60 * share, trades=np.full(len(step), 5), interval_ns=np.full(len(step), MINUTE_NS),
        **told,
    )  # fmt: skip


def vectors(rows: Block, actions: Block) -> npt.NDArray[np.float64]:
    """The vector of every bar."""
    made: npt.NDArray[np.float64] = FeatureProcessor(FeatureSpec(interval_ns=MINUTE_NS), 0, actions).learn(
        rows
    )["values"]
    return made


def test_a_split_is_no_return() -> None:
    plain, known = vectors(bars(), NOTHING), vectors(bars(split=2), block_of([SPLIT]))
    assert np.array_equal(plain, known, equal_nan=True)
    assert not np.array_equal(plain, vectors(bars(split=2), NOTHING), equal_nan=True)


def test_nothing_of_before_a_split_knows_of_it() -> None:
    rows = bars(split=2)
    before = 2 * SPLIT_AT
    assert np.array_equal(
        vectors(rows, block_of([SPLIT]))[:before], vectors(rows, NOTHING)[:before], equal_nan=True
    )


@pytest.mark.parametrize("cut", [1, 7, 119, 121])
def test_cuts_and_restarts_change_nothing(cut: int) -> None:
    rows, actions, made = bars(split=2), block_of([SPLIT]), list[npt.NDArray[np.float64]]()
    processor = FeatureProcessor(FeatureSpec(interval_ns=MINUTE_NS), 0, actions)
    for start in range(0, len(rows), 2 * cut):
        made.append(processor.learn(rows.rows(start, start + 2 * cut))["values"])
        heir = FeatureProcessor(FeatureSpec(interval_ns=MINUTE_NS), 0, actions)
        heir.restore(processor.snapshot())
        processor = heir
    assert np.array_equal(np.concatenate(made), vectors(rows, actions), equal_nan=True)


def test_factors_multiply_and_act_after_their_time() -> None:
    splits = SplitFactors(block_of([SPLIT, ActionRow(SPLIT.time_ns + 5, 1, Action.SPLIT, 1, 10)]))
    times = np.array([SPLIT.time_ns, SPLIT.time_ns + 1, SPLIT.time_ns + 9])
    assert list(splits.spans(times)) == [(0, 1, 0), (1, 2, 1), (2, 3, 2)]
    assert [splits.after(count).get(1) for count in (0, 1, 2)] == [None, 2.0, 0.2]
