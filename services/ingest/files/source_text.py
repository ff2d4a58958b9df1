"""Files of text as chunks of whole lines: unpacked, decoded, and never more in memory than a chunk."""

from __future__ import annotations

import bz2
import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, Protocol

from services.ingest.files.text_kernels import FAULTS, FIELDS
from shared.failures import Refused

CHUNK_BYTES: Final = 2 << 20
LINE_BYTES: Final = 1 << 20
PIECE: Final = 4096
BROKEN: Final = (OSError, EOFError, zlib.error)
RATIO: Final = 250
"""How many times its size a packed file may unpack to, once it is beyond the first bytes."""
RATIO_FROM: Final = 64 << 20
PACKED: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
REFUSED: Final = {
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"PAR1": "a Parquet file; name it .parquet",
}
MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
UTF8_MARK: Final = b"\xef\xbb\xbf"


class Chunk(NamedTuple):
    """Whole lines; `whole` unless the file ends without a newline, `long` in place of a line too long.

    `head` marks a line of names that the file itself does not have.
    """

    text: bytes
    whole: bool = True
    long: bool = False
    head: bool = False


class Lines(Protocol):
    """Chunks of lines of fields, whatever the file looked like."""

    path: Path
    size: int
    misfit: str

    @property
    def done(self) -> int:
        """Bytes of the file that have been read."""
        ...

    @property
    def notes(self) -> list[str]:
        """What was found out about the file."""
        ...

    @property
    def cut(self) -> bool:
        """Whether the file breaks off inside its packing."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """All lines."""
        ...

    def close(self) -> None:
        """Lets go of the file."""
        ...


class _Bytes(Protocol):
    def read(self, size: int) -> bytes: ...


class TextFile:
    """An open file of text: its chunks, what was found out about it, and how far it has been read."""

    misfit = FAULTS[FIELDS]

    def __init__(self, path: Path, chunk_bytes: int = CHUNK_BYTES, line_bytes: int = LINE_BYTES) -> None:
        self.path, self.size = path, path.stat().st_size
        self._notes: list[str] = []
        self._cut = False
        self._chunk_bytes, self._line_bytes = chunk_bytes, line_bytes
        self._given = 0
        self._raw = _opened(path)
        self._done = 0
        self._stream = self._unpacked()

    @property
    def done(self) -> int:
        """Bytes of the file that have been read; asked while another thread reads, and after the end."""
        return self._done

    @property
    def notes(self) -> list[str]:
        """What was found out about the file."""
        return self._notes

    @property
    def cut(self) -> bool:
        """Whether the file breaks off inside its packing."""
        return self._cut

    def chunks(self) -> Iterator[Chunk]:
        """All lines, in chunks; a line longer than allowed is passed over without being kept."""
        rest, skipping = b"", False
        while data := self._read():
            if skipping:
                end = data.find(b"\n")
                if end < 0:
                    continue
                data, skipping = data[end + 1 :], False
            text = rest + data
            last = text.rfind(b"\n") + 1
            if last:
                yield Chunk(text[:last])
            rest = text[last:]
            if len(rest) > self._line_bytes:
                yield Chunk(b"", long=True)
                rest, skipping = b"", True
        if rest:
            yield Chunk(rest, whole=False)

    def close(self) -> None:
        """Lets go of the file."""
        self._raw.close()

    def _read(self) -> bytes:
        """About a chunk; what a damaged packing still gave before it broke off is not lost."""
        parts, held = [], 0
        while held < self._chunk_bytes and not self._cut:
            try:
                data = self._stream.read(self._chunk_bytes - held)
            except BROKEN as error:
                self._cut = True
                self._notes.append(f"{self.path.name} breaks off inside its packing ({_first_line(error)})")
                break
            if not data:
                break
            parts.append(data)
            held += len(data)
        self._given += held
        self._done = min(self._raw.tell(), self.size)
        if self._given > RATIO_FROM and self._given > RATIO * max(self.done, 1):
            raise Refused(
                f"{self.path} unpacks to more than {RATIO} times its size; unpack it yourself if you trust it"
            )
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _unpacked(self) -> _Bytes:
        head = self._raw.read(4)
        self._raw.seek(0)
        for magic, what in REFUSED.items():
            if head.startswith(magic):
                raise Refused(f"{self.path} is {what}")
        packing = next((name for magic, name in PACKED.items() if head.startswith(magic)), None)
        source = _Small(_unpacking(self._raw, packing))
        start = source.look(self.path, 4)
        for mark, encoding in MARKS.items():
            if start.startswith(mark):
                source.read(2)
                self._notes.append(f"{self.path.name} is read as {encoding.upper()}")
                return _Decoded(source, encoding)
        if start[1:2] == b"\0" and start[:1].isascii() and start[:1] != b"\0":
            self._notes.append(f"{self.path.name} is read as UTF-16-LE")
            return _Decoded(source, "utf-16-le")
        if start.startswith(UTF8_MARK):
            source.read(3)
        return source


class _Small:
    """A stream whose first bytes can be looked at."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._kept = stream, b""

    def look(self, path: Path, size: int) -> bytes:
        """The first bytes, which `read` gives once more."""
        try:
            self._kept = bytes(self._stream.read(size))
        except BROKEN as error:
            raise Refused(f"{path} cannot be unpacked: {_first_line(error)}") from error
        return self._kept

    def read(self, size: int) -> bytes:
        """The next bytes, none at the end."""
        if self._kept:
            kept, self._kept = self._kept[:size], self._kept[size:]
            return kept
        return bytes(self._stream.read(size))


class _Decoded:
    """A stream in another encoding, as UTF-8."""

    def __init__(self, stream: _Bytes, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int) -> bytes:
        """The next bytes, none at the end."""
        while data := self._stream.read(size):
            if text := self._decoder.decode(data):
                return text.encode()
        return self._decoder.decode(b"", final=True).encode()


class _Read1:
    """A packed stream that gives what it has, however little, before it says that it is broken."""

    def __init__(self, stream: gzip.GzipFile | bz2.BZ2File) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        """The next bytes, none at the end."""
        return self._stream.read1(size)


class _Zstd:
    """A packed stream read in small pieces, so that a broken end costs no more than one."""

    def __init__(self, raw: BinaryIO) -> None:
        import pyarrow as pa

        self._stream = pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")

    def read(self, size: int) -> bytes:
        """The next bytes, none at the end."""
        return bytes(self._stream.read(min(size, PIECE)))


def _unpacking(raw: BinaryIO, packing: str | None) -> _Bytes:
    if packing == "gzip":
        return _Read1(gzip.GzipFile(fileobj=raw))
    if packing == "bz2":
        return _Read1(bz2.BZ2File(raw))
    return _Zstd(raw) if packing == "zstd" else raw


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Refused(f"{path} cannot be opened: {error.strerror}") from error


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
