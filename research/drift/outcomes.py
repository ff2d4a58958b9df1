"""What came of each recorded close, by the very label that a model was taught."""

from __future__ import annotations

import numpy as np

from research.honesty.study import UNKNOWN
from research.labels import next_bar
from research.labels.rules import asked
from research.training.rows import Known, Wanted, labels_of
from shared.block import Block


def outcomes(bars: Block, label: str) -> Known:
    """The class and the return of every bar in time order, UNKNOWN where its horizon has not ended."""
    simple = next_bar.read(label)
    if simple is not None:
        found = next_bar.next_return(bars, *simple)
        classes = np.where(found.known, found.classes, UNKNOWN).astype(np.int8)
        return Known(classes, found.returns, found.end_ns)
    rule = asked(label)
    return labels_of(bars, Wanted("", (), rule, rule.span.text))
