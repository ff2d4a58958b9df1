"""A share's day ends in New York at four, whoever tells it."""

from __future__ import annotations

import pytest

from services.ingest.feeds.events import Candle
from services.ingest.files.stamp_text import rfc3339_ns
from services.ingest.vendors.us_days import at_the_close
from shared.time import DAY_NS, iso


@pytest.mark.parametrize(
    ("start", "close"),
    [
        ("2021-10-13T04:00:00Z", "2021-10-13T20:00:00"),  # midnight in New York, summer
        ("2021-12-13T05:00:00Z", "2021-12-13T21:00:00"),  # and in winter
        ("2021-10-13T00:00:00Z", "2021-10-13T20:00:00"),  # a vendor that counts UTC days
    ],
)
def test_a_day_is_told_at_its_close(start: str, close: str) -> None:
    told = Candle(1, rfc3339_ns(start) + DAY_NS - 1, 1, 1, 1, 1, 0)
    assert iso(at_the_close(told, DAY_NS).time_ns + 1)[:19] == close
