"""Reads a FlatBuffers table as untrusted input: every offset is held against the bytes that are there."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.failures import Refused

MOST_ITEMS: Final = 100_000
WORD: Final = 4
_SIZES: Final = {"i1": 1, "u1": 1, "i2": 2, "u2": 2, "i4": 4, "u4": 4, "f4": 4, "f8": 8}


class Buffer:
    """The bytes of one buffer; a number is read only where it lies wholly inside."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def root(self) -> Table:
        """The table that the buffer begins with."""
        return Table(self, self.number(0, "u4"))

    def number(self, at: int, kind: str) -> float:
        """One number."""
        found: float = self.numbers(at, kind, 1)[0].item()
        return found

    def numbers(self, at: int, kind: str, count: int) -> npt.NDArray[Any]:
        """So many numbers, one behind the other."""
        if not 0 <= at <= len(self._content) - count * _SIZES[kind]:
            raise Refused(f"FlatBuffers place {at} lies outside of {len(self._content)} bytes")
        return np.frombuffer(self._content, f"<{kind}", count, at)

    def jump(self, at: int) -> int:
        """Where the offset at this place leads to: always ahead, never to itself."""
        ahead = int(self.number(at, "u4"))
        if ahead == 0:
            raise Refused("FlatBuffers offset leads to itself")
        return at + ahead


class Table:
    """One table: fields by their number, each absent or read as what it is asked for."""

    def __init__(self, buffer: Buffer, at: float) -> None:
        self._buffer, self._at = buffer, int(at)
        self._fields = self._at - int(buffer.number(self._at, "i4"))
        self._size = int(buffer.number(self._fields, "u2"))

    def scalar(self, field: int, kind: str, default: float) -> float:
        """A number, or its default."""
        at = self._place(field)
        return default if at is None else self._buffer.number(at, kind)

    def array(self, field: int, kind: str) -> npt.NDArray[Any]:
        """A vector of numbers; an absent one is empty."""
        at = self._place(field)
        if at is None:
            return np.zeros(0, kind)
        start = self._buffer.jump(at)
        return self._buffer.numbers(start + WORD, kind, int(self._buffer.number(start, "u4")))

    def text(self, field: int) -> str:
        """A string; an absent one is empty."""
        try:
            return self.array(field, "u1").tobytes().decode()
        except UnicodeDecodeError:
            raise Refused("FlatBuffers text is not UTF-8") from None

    def table(self, field: int) -> Table:
        """A table inside this one."""
        at = self._place(field)
        if at is None:
            raise Refused(f"FlatBuffers table lacks its field {field}")
        return Table(self._buffer, self._buffer.jump(at))

    def tables(self, field: int) -> list[Table]:
        """A vector of tables; an absent one is empty."""
        at = self._place(field)
        if at is None:
            return []
        start = self._buffer.jump(at)
        count = int(self._buffer.number(start, "u4"))
        if count > MOST_ITEMS:
            raise Refused(f"FlatBuffers vector has {count} tables, at most {MOST_ITEMS} are read")
        self._buffer.numbers(start + WORD, "u4", count)
        return [Table(self._buffer, self._buffer.jump(start + WORD * (1 + i))) for i in range(count)]

    def _place(self, field: int) -> int | None:
        """Where a field's value lies, None if it is absent."""
        entry = 4 + 2 * field
        if entry + 2 > self._size:
            return None
        ahead = int(self._buffer.number(self._fields + entry, "u2"))
        return self._at + ahead if ahead else None
