"""What came of a close is judged by the label that the model was taught."""

from typing import Any

import numpy as np
import pytest

from research.drift.outcomes import outcomes
from research.labels.next_bar import read, spelt
from shared.block import Block
from shared.failures import Refused
from shared.streams import BARS
from tests.fixtures.blocks import block

MINUTE_NS = 60_000_000_000


def bars(closes: list[int]) -> Block:
    times = [(i + 1) * MINUTE_NS for i in range(len(closes))]
    same: dict[str, Any] = {"interval_ns": [MINUTE_NS] * len(closes), "instrument": [1] * len(closes)}
    return block(
        BARS, times, watermark_ns=times[-1], **same,
        open=closes, high=closes, low=closes, close=closes,
    )  # fmt: skip


def test_a_label_that_looks_at_the_next_bar_is_read_as_it_was_written() -> None:
    assert read(spelt(1, 0.001)) == (1, 0.001)
    assert read("threshold_1d_10") is None
    found = outcomes(bars([100, 110, 100, 100]), spelt(1, 0.001))
    assert found.classes.tolist() == [2, 0, 1, -1]
    assert found.returns[0] == pytest.approx(np.log(1.1))


def test_the_last_closes_have_no_outcome_before_their_horizon_has_ended() -> None:
    found = outcomes(bars([100, 100, 120, 120, 120]), "threshold_2_10")
    assert found.classes.tolist()[:3] == [2, 2, 1]
    assert found.classes.tolist()[3:] == [-1, -1]


def test_a_label_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="there is no label toy"):
        outcomes(bars([1, 2]), "toy")
