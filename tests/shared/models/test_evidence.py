"""What a challenger has shown counts only against the model that it was shown against."""

from __future__ import annotations

import msgspec

from shared.models.evidence import Comparison, latest, written
from shared.models.stages import ModelStage
from tests.fixtures.registry import event

ONE = Comparison(
    against="a", rows=4, moments=2, from_ns=0, until_ns=1, active=(0.0, -1.0, 1.0),
    challenger=(0.5, 0.1, 0.9), difference=(0.5, 0.0, 1.0), agreement=0.25,
)  # fmt: skip


def test_an_interval_that_touches_zero_proves_nothing() -> None:
    assert not ONE.is_better
    assert msgspec.structs.replace(ONE, difference=(0.5, 1e-9, 1.0)).is_better
    assert ONE.sentence == "IC +0.5000 [+0.0000, +1.0000] against the active model on 2 closes"


def test_the_newest_comparison_with_the_same_model_counts() -> None:
    newer = msgspec.structs.replace(ONE, rows=8)
    other = msgspec.structs.replace(ONE, against="b")
    details = ["{}", "[]", written(ONE), written(newer), written(other), '{"authority":"person"}']
    stage = ModelStage.SHADOW
    events = [event("c", stage, stage, detail=detail) for detail in details]
    assert latest(events, "a") == newer
    assert latest(events, "b") == other
    assert latest(events, "c") is None
