"""The audit trail's chain: whoever changes or removes a row breaks every hash after it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from shared.store.rows import AuditRow

ROOT: Final = bytes(32)


def chained(row: AuditRow, last: AuditRow | None) -> AuditRow:
    """The row in its place behind the last one."""
    entry, before = (last.entry + 1, last.hash) if last else (1, ROOT)
    placed = msgspec.structs.replace(row, entry=entry, hash=b"")
    return msgspec.structs.replace(placed, hash=_hash(before, placed))


def broken(rows: Sequence[AuditRow]) -> int | None:
    """The place of the first row that does not follow from the one before, or None."""
    last: AuditRow | None = None
    for place, row in enumerate(rows, 1):
        if row.entry != place or row != chained(row, last):
            return place
        last = row
    return None


def _hash(before: bytes, row: AuditRow) -> bytes:
    return hashlib.sha256(before + msgspec.json.encode(row)).digest()
