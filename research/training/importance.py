"""Which features a model leans on: what its predictions lose when one feature's values change places."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from research.dataset.examples import Examples, Rows
from research.scores.classes import log_loss_of
from research.training.made import Made

MOST_ROWS: Final = 4_000
TIMES: Final = 2


class Importance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feature, and by how many nats a row the surprise grows without it."""

    feature: str
    loss: float


def importances(made: Made, examples: Examples, rows: Rows, seed: int) -> tuple[Importance, ...]:
    """Every feature, the weightiest first, on some of these rows."""
    draw = np.random.default_rng(seed)
    some = rows[:: max(1, len(rows) // MOST_ROWS)]
    values = examples.values[some].astype(np.float32).astype(np.float64)
    classes, once = examples.classes[some], np.ones(len(some))
    predictor = made.predictor(examples.names)
    usual = log_loss_of(predictor.predict(values)[1], classes)(once)
    found = []
    for column, name in enumerate(examples.names):
        lost = 0.0
        for _ in range(TIMES):
            mixed = values.copy()
            mixed[:, column] = draw.permutation(mixed[:, column])
            lost += log_loss_of(predictor.predict(mixed)[1], classes)(once) - usual
        found.append(Importance(feature=name, loss=lost / TIMES))
    return tuple(sorted(found, key=lambda one: -one.loss))
