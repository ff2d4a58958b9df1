"""Times keep all nine digits."""

from __future__ import annotations

import pytest

from services.ingest.files.stamp_text import rfc3339_ns
from shared.failures import BadInput


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:00.123456789Z", 123_456_789),
        ("1970-01-01 01:00:00+01:00", 0),
        ("2021-10-13T08:00:00.08960768Z", 1_634_112_000_089_607_680),
    ],
)
def test_a_time_is_kept_to_the_nanosecond(text: str, ns: int) -> None:
    assert rfc3339_ns(text) == ns


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2021-10-13", "2021-10-13T08:00:00", "2021-13-13T08:00:00Z"]
)
def test_what_is_no_time_in_a_zone_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="found the time"):
        rfc3339_ns(text)
