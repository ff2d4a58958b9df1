"""Bare local times as UTC, whole columns at once."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.files.options import ANY_ZONE, ReadOptions
from shared.failures import Refused

Array = npt.NDArray[Any]

UTC: Final = ("UTC", "Z", "Etc/UTC", "GMT")


def zone_of(options: ReadOptions, place: str) -> str:
    """The zone of times that name none; without one nobody can tell when they were."""
    if not options.tz or options.tz == ANY_ZONE:
        mend = "say which it is with --tz, such as --tz UTC or --tz America/New_York"
        raise Refused(f"{place}: times that name no zone; {mend}")
    return options.tz


def utc_of(local: Array, zone: str) -> tuple[Array, int]:
    """Local nanoseconds as UTC, and how many of them happened twice when clocks went back."""
    if zone in UTC:
        return local, 0
    import pyarrow as pa
    import pyarrow.compute as pc

    times = pa.array(local).cast(pa.timestamp("ns"))
    first = pc.assume_timezone(times, zone, ambiguous="earliest", nonexistent="earliest")
    last = pc.assume_timezone(times, zone, ambiguous="latest", nonexistent="earliest")
    first, last = (np.ascontiguousarray(found.cast(pa.int64()).to_numpy()) for found in (first, last))
    return first, int(np.count_nonzero(first != last))
