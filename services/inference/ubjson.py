"""Reads Universal Binary JSON as untrusted input: every length is held against the bytes that are there."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from shared.failures import Refused

MOST_DEPTH: Final = 24
MOST_VALUES: Final = 5_000_000

_WHOLE: Final = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8"}
_NUMBERS: Final = {**_WHOLE, b"d": ">f4", b"D": ">f8"}
_CONSTANTS: Final = {b"T": True, b"F": False, b"Z": None}


def decode(content: bytes) -> Any:
    """The value of a whole file, typed arrays as numpy arrays, or one line that says what is wrong."""
    reader = _Reader(content)
    value = reader.value(reader.take(1), MOST_DEPTH)
    if reader.at != len(content):
        raise Refused(f"UBJSON ends {len(content) - reader.at} bytes before its file")
    return value


class _Reader:
    """A place in the bytes; it never goes past their end, nor deeper or longer than a model needs."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at, self.values = content, 0, 0

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self.content) - self.at:
            raise Refused(f"UBJSON wants {count} more bytes, {len(self.content) - self.at} are left")
        self.at += count
        return self.content[self.at - count : self.at]

    def peek(self) -> bytes:
        return self.content[self.at : self.at + 1]

    def value(self, marker: bytes, depth: int) -> Any:
        self.values += 1
        if depth == 0 or self.values > MOST_VALUES:
            raise Refused(f"UBJSON nests deeper than {MOST_DEPTH} or has more than {MOST_VALUES} values")
        if marker in _NUMBERS:
            return self.numbers(marker, 1)[0].item()
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if marker == b"S":
            return self.text()
        if marker == b"[":
            return self.array(depth - 1)
        if marker == b"{":
            return self.table(depth - 1)
        raise Refused(f"UBJSON has an unknown marker {marker!r}")

    def numbers(self, marker: bytes, count: int) -> Any:
        dtype = np.dtype(_NUMBERS[marker])
        found = np.frombuffer(self.take(count * dtype.itemsize), dtype)
        return found.astype(dtype.newbyteorder("="))

    def length(self) -> int:
        marker = self.take(1)
        if marker not in _WHOLE:
            raise Refused(f"UBJSON has a length of type {marker!r}")
        count = int(self.numbers(marker, 1)[0])
        if not 0 <= count <= len(self.content):
            raise Refused(f"UBJSON has a length of {count} in {len(self.content)} bytes")
        return count

    def text(self) -> str:
        try:
            return self.take(self.length()).decode()
        except UnicodeDecodeError:
            raise Refused("UBJSON has a text that is not UTF-8") from None

    def array(self, depth: int) -> Any:
        if self.peek() == b"$":
            self.take(1)
            marker = self.take(1)
            self.expect(b"#")
            if marker not in _NUMBERS:
                raise Refused(f"UBJSON has an array of type {marker!r}")
            return self.numbers(marker, self.length())
        if self.peek() == b"#":
            self.take(1)
            return [self.value(self.take(1), depth) for _ in range(self.length())]
        values = []
        while (marker := self.take(1)) != b"]":
            values.append(self.value(marker, depth))
        return values

    def table(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        left = -1
        if self.peek() == b"#":
            self.take(1)
            left = self.length()
        while left:
            if left < 0 and self.peek() == b"}":
                self.take(1)
                break
            name = self.text()
            if name in found:
                raise Refused(f"UBJSON names {name[:40]} twice")
            found[name] = self.value(self.take(1), depth)
            left -= 1
        return found

    def expect(self, marker: bytes) -> None:
        found = self.take(1)
        if found != marker:
            raise Refused(f"UBJSON has {found!r} where {marker!r} belongs")
