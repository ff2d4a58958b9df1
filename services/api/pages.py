"""Cursors: an opaque place in a list that stays right while rows are added."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import Final

import msgspec

from services.api.problems import Problem
from services.api.resources import Resource

Value = int | float | str | list[float] | None
Row = dict[str, Value]
Place = tuple[int, ...]

DEFAULT_LIMIT: Final = 100
MOST_ROWS: Final = 1_000


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a collection: filters, a span of time, and the place to go on behind."""

    resource: Resource
    filters: tuple[tuple[str, int], ...] = ()
    since_ns: int | None = None
    until_ns: int | None = None
    after: Place | None = None
    limit: int = DEFAULT_LIMIT


def cursor(resource: Resource, row: Row) -> str:
    """The place of a row in its collection."""
    place = [row[name] for name in resource.key]
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def place(resource: Resource, text: str) -> Place:
    """The place that a cursor stands for, or a problem."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found = msgspec.json.decode(raw, type=tuple[int, ...])
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        found = ()
    if len(found) != len(resource.key):
        raise Problem(HTTPStatus.BAD_REQUEST, f"this is no cursor of {resource.name}")
    return found
