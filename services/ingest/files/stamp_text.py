"""RFC 3339 texts as nanoseconds, all nine digits of them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from shared.failures import BadInput
from shared.time import SECOND_NS

_SHAPE: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def rfc3339_ns(text: str) -> int:
    """Nanoseconds since 1970 UTC of a text such as 2022-10-19T23:28:22.061769Z."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise BadInput(f"found the time {text[:40]!r}, wanted one such as 2022-10-19T23:28:22.061769Z")
    day, clock, fraction, zone = match.groups()
    try:
        moment = dt.datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}")
    except ValueError as error:
        raise BadInput(f"found the time {text[:40]!r}: {error}") from error
    whole = moment - _EPOCH
    return (whole.days * 86_400 + whole.seconds) * SECOND_NS + int((fraction or "0").ljust(9, "0"))
