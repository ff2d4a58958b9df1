"""The day of a US share: told by the close in New York, whoever tells the bar."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from services.ingest.feeds.events import Candle
from shared.time import SECOND_NS

NEW_YORK: Final = ZoneInfo("America/New_York")
CLOSE: Final = dt.time(16, 0)


def at_the_close(candle: Candle, step_ns: int) -> Candle:
    """A day's bar at the last nanosecond of its session, and not at the end of its 24 hours."""
    start_s = (candle.time_ns + 1 - step_ns) // SECOND_NS
    day = dt.datetime.fromtimestamp(start_s, dt.UTC).astimezone(NEW_YORK).date()
    if start_s % 86_400 == 0:
        day = dt.datetime.fromtimestamp(start_s, dt.UTC).date()
    close = dt.datetime.combine(day, CLOSE, NEW_YORK)
    return candle._replace(time_ns=int(close.timestamp()) * SECOND_NS - 1)
