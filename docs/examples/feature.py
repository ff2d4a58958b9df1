"""A feature: how much of the last bars' movement this bar made."""

from __future__ import annotations

from services.features.registry import Feature, bars
from services.features.row import TRUE_RANGE, Op, Row, ratio
from services.features.windows import SUM, window_sum
from shared.kernels import step


@step
def range_share(m: Row, op: Op) -> None:
    """The newest true range over the sum of the window's."""
    m[op.out] = ratio(m[TRUE_RANGE], window_sum(m, op, op.at, op.n1, TRUE_RANGE), 0.0)


RANGE_SHARE = Feature(
    name="range_share", update=range_share, parameters=(bars(20),), unit="share",
    formula="true range / sum of the true ranges of n bars; 0 if nothing moved",
    warm=lambda n: n + 1, state=lambda n: SUM, reach=lambda n: n,
)  # fmt: skip
