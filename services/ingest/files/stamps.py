"""Columns of times as nanoseconds since 1970: counts, timestamps with and without a zone, dates, texts."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.files.options import ReadOptions
from services.ingest.files.text_kernels import MICROS, MILLIS, SECONDS
from services.ingest.files.zones import utc_of, zone_of
from shared.failures import Refused
from shared.time import DAY_NS

Array = npt.NDArray[Any]

WANTED: Final = "timestamp wants a count since 1970 or RFC 3339"


def nanoseconds(column: Any, options: ReadOptions, source: str) -> tuple[Array, int]:
    """The column in UTC, nulls as zero, and how many times were doubtful."""
    import pyarrow as pa

    kind = column.type
    try:
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            column, kind = _parsed(column), pa.timestamp("ns", tz="UTC")
        if pa.types.is_date(kind):
            ends = _ints(column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())) * DAY_NS + DAY_NS - 1
            return utc_of(ends, zone_of(options, source))
        if pa.types.is_timestamp(kind):
            counts = _ints(column.cast(pa.timestamp("ns", tz=column.type.tz)).cast(pa.int64()))
            return (counts, 0) if column.type.tz else utc_of(counts, zone_of(options, source))
        if pa.types.is_integer(kind):
            return since_1970(_ints(column.cast(pa.int64()))), 0
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            raise Refused(f"{source}: {WANTED}, found {kind}: whole numbers keep every nanosecond")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Refused(f"{source}: {WANTED}: {str(error).splitlines()[0]}") from error
    raise Refused(f"{source}: {WANTED}, found {kind}")


def since_1970(counts: Array) -> Array:
    """Counts of seconds, milliseconds, microseconds or nanoseconds, each told by its size."""
    size = np.abs(counts)
    if not len(size) or size.min() >= MICROS:
        return counts
    unit = np.where(size < SECONDS, 10**9, np.where(size < MILLIS, 10**6, np.where(size < MICROS, 10**3, 1)))
    return counts * unit


def _parsed(column: Any) -> Any:
    """Texts as times; those that name no zone stay without one."""
    import pyarrow as pa

    try:
        return column.cast(pa.timestamp("ns", tz="UTC"))
    except pa.ArrowInvalid:
        return column.cast(pa.timestamp("ns"))


def _ints(column: Any) -> Array:
    if column.null_count:
        column = column.fill_null(0)
    return np.ascontiguousarray(column.to_numpy())
