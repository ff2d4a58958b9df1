"""What the checks are told once: bounds, bands and patience."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from shared.ids import text_hash
from shared.time import DAY_NS, MINUTE_NS, SECOND_NS

Positive = Annotated[int, Meta(gt=0)]
Count = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(gt=0.0)]

FARTHEST_NS: Final = 1 << 62
MOST: Final = 1 << 53


class QualityPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of a source's rows; nanoseconds, price ticks, lots, and shares of a price."""

    from_ns: int = -FARTHEST_NS
    until_ns: int = FARTHEST_NS
    lateness_ns: Count = 0
    ahead_ns: Positive = 40_000 * DAY_NS
    ahead_of_receipt_ns: Positive = 60 * SECOND_NS
    most_price: Positive = MOST
    most_size: Positive = MOST
    stub: Share = 4.0
    floor: Share = 0.03
    width: Share = 20.0
    confirm: Positive = 5
    pause_ns: Positive = 30 * MINUTE_NS
    reopen: Share = 0.5
    forget_ns: Positive = 7 * DAY_NS
    bar_ns: Count = 0
    bar_leap: Share = 3.0
    bar_confirm: Positive = 2
    stale_ns: Count = 0
    frozen_rows: Count = 1_000
    skew_ns: Positive = SECOND_NS // 100
    slow_ns: Positive = 5 * SECOND_NS
    described_only: Annotated[int, Meta(ge=0, le=1)] = 0
    by_instrument: Annotated[int, Meta(ge=0, le=1)] = 0

    @property
    def hash(self) -> int:
        """One number for all of it, so that a state is never restored under other bounds."""
        return text_hash(msgspec.json.encode(self).decode())

    def record(self) -> npt.NDArray[Any]:
        """The plan as the kernels read it."""
        row = np.zeros(1, BOUNDS)
        for name in self.__struct_fields__:
            row[name] = getattr(self, name)
        return row


FRACTIONS: Final = frozenset({"stub", "floor", "width", "reopen", "bar_leap"})
BOUNDS: Final = np.dtype(
    (
        np.record,
        np.dtype(
            [(name, np.float64 if name in FRACTIONS else np.int64) for name in QualityPlan.__struct_fields__],
            align=True,
        ),
    )
)

DAILY: Final = QualityPlan(bar_ns=DAY_NS, stale_ns=6 * DAY_NS - DAY_NS // 2)
"""Daily bars: longer silences than five days and a half are told."""


def by_instrument(plan: QualityPlan) -> QualityPlan:
    """The same bounds where rows are in order by instrument alone: a file by symbol, live partitions."""
    return msgspec.structs.replace(plan, by_instrument=1)
