"""Time as the line knows it: nanoseconds since 1970, UTC, told by the tape."""

import datetime as dt
from typing import Final

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
DAY_NS: Final = 86_400 * SECOND_NS
END_OF_TAPE: Final = (1 << 63) - 1
BEFORE_TAPE: Final = -(1 << 63)


def next_close(time_ns: int, interval_ns: int, origin_ns: int = 0) -> int:
    """The close of the bar that holds this time; a tick exactly at a close belongs to the next bar."""
    return origin_ns + ((time_ns - origin_ns) // interval_ns + 1) * interval_ns


def iso(time_ns: int) -> str:
    """UTC with a Z and nanoseconds, as every API answer and log line shows it."""
    if time_ns >= END_OF_TAPE:
        return "end of tape"
    seconds, nanos = divmod(time_ns, SECOND_NS)
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"
