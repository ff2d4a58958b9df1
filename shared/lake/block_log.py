"""An append-only log of numbered cuts on disk: what is flushed survives any crash, a cut whole or not at all.

A frame is one cut: its number and each of its blocks' payload, behind a length and a CRC32. A torn frame
at the end is cut off when the log is opened; damage anywhere else is `Corrupt`.
"""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import BinaryIO, Final

from shared.failures import Corrupt, Fenced, Refused

SUFFIX: Final = ".blocks"
SEGMENT_BYTES: Final = 64 << 20
_HEAD: Final = struct.Struct("<II")
_BODY: Final = struct.Struct("<QI")
_MAX_FRAME: Final = 1 << 30


class BlockLog:
    """One writer's cuts in order, in segment files that are named by their first number."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder, self._segment_bytes = folder, segment_bytes
        folder.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO | None = None
        self.last_seq = _last_cut(folder)[0]

    def take(self) -> None:
        """Makes the log ours alone: whoever still holds its newest file writes into one without a name.

        To be called under a new lease. What its last writer has appended until now is ours as well.
        """
        self._end_segment()
        for newest in segments(self._folder)[-1:]:
            copy = newest.with_suffix(".taken")
            shutil.copyfile(newest, copy)
            with copy.open("rb") as stream:
                os.fsync(stream.fileno())
            copy.replace(newest)
            _sync_folder(self._folder)
        self.last_seq = _last_cut(self._folder)[0]

    def append(self, seq: int, payloads: Sequence[bytes]) -> None:
        """Adds a cut; it is safe only after `flush`."""
        if seq <= self.last_seq:
            raise ValueError(f"cut {seq} does not follow cut {self.last_seq}")
        file = self._file or self._reopen(seq)
        if not os.fstat(file.fileno()).st_nlink:
            raise self._taken()
        if file.tell() >= self._segment_bytes:
            self._end_segment()
            file = self._begin(seq)
        file.write(frame(seq, payloads))
        self.last_seq = seq

    def hand_over(self) -> None:
        """Gives every cut so far to the operating system: a killed process loses none of them."""
        if self._file is not None:
            self._file.flush()

    def flush(self) -> None:
        """Returns when every cut so far is on the disk."""
        if self._file is not None:
            self._file.flush()
            os.fdatasync(self._file.fileno())

    def read(self, above: int) -> Iterator[tuple[int, list[bytes]]]:
        """Cuts with higher numbers, in order."""
        if self._file is not None:
            self._file.flush()
        yield from read_cuts(self._folder, above)

    def bytes_held(self) -> int:
        """What the segments take on the disk."""
        return sum(path.stat().st_size for path in segments(self._folder))

    def trim(self, below: int) -> None:
        """Deletes segments that hold only numbers below this one; the newest segment stays."""
        paths = segments(self._folder)
        for path, after in pairwise(paths):
            if _first(after) > below:
                break
            path.unlink()

    def close(self) -> None:
        """Makes all cuts safe and lets go of the file."""
        self._end_segment()

    def _end_segment(self) -> None:
        if self._file is not None:
            self.flush()
            self._file.close()
            self._file = None

    def _begin(self, seq: int) -> BinaryIO:
        self._file = (self._folder / f"{seq:020d}{SUFFIX}").open("ab")
        _sync_folder(self._folder)
        return self._file

    def _reopen(self, seq: int) -> BinaryIO:
        """The newest segment without its torn end, or a new one; a segment without a whole cut goes."""
        last, newest, whole = _last_cut(self._folder)
        if last != self.last_seq:
            raise self._taken()
        for path in segments(self._folder):
            if newest is None or path > newest:
                path.unlink()
        if newest is None:
            return self._begin(seq)
        os.truncate(newest, whole)
        self._file = newest.open("ab")
        return self._file

    def _taken(self) -> Fenced:
        return Fenced(f"another process has taken the log in {self._folder}")


def _last_cut(folder: Path) -> tuple[int, Path | None, int]:
    """The last whole cut, the segment that holds it, and where it ends there; nothing is changed."""
    for path in reversed(segments(folder)):
        last, whole = 0, 0
        for seq, end, _ in _frames(path.read_bytes()):
            last, whole = seq, end
        if whole:
            return last, path, whole
    return 0, None, 0


def frame(seq: int, payloads: Sequence[bytes]) -> bytes:
    """One cut as bytes."""
    sizes = struct.pack(f"<{len(payloads)}I", *map(len, payloads))
    body = b"".join((_BODY.pack(seq, len(payloads)), sizes, *payloads))
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def segments(folder: Path) -> list[Path]:
    """The segment files of a log, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def read_cuts(folder: Path, above: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """Cuts of a log that nobody may be writing, without changing a byte of it."""
    paths = segments(folder)
    if not paths and not folder.is_dir():
        raise Refused(f"{folder} is no folder of recorded blocks")
    for path, after in zip_longest(paths, paths[1:]):
        if after is not None and _first(after) <= above + 1:
            continue
        content, whole = path.read_bytes(), 0
        for seq, end, payloads in _frames(content):
            whole = end
            if seq > above:
                yield seq, payloads
        if after is not None and whole != len(content):
            raise Corrupt(f"{path.name} is damaged at byte {whole} of {len(content)}, and later cuts exist")


def _frames(content: bytes) -> Iterator[tuple[int, int, list[bytes]]]:
    """Whole frames from the beginning on: number, end of the frame, payloads."""
    at, last = 0, 0
    while at + _HEAD.size <= len(content):
        length, crc = _HEAD.unpack_from(content, at)
        begin, end = at + _HEAD.size, at + _HEAD.size + length
        if end > len(content) or not _BODY.size <= length <= _MAX_FRAME:
            return
        body = content[begin:end]
        if zlib.crc32(body) != crc:
            return
        seq, count = _BODY.unpack_from(body)
        if seq <= last:
            raise Corrupt(f"cut {seq} follows cut {last}")
        yield seq, end, _payloads(body, count)
        at, last = end, seq


def _payloads(body: bytes, count: int) -> list[bytes]:
    sizes = struct.unpack_from(f"<{count}I", body, _BODY.size)
    at = _BODY.size + 4 * count
    found = []
    for size in sizes:
        found.append(body[at : at + size])
        at += size
    return found


def _first(path: Path) -> int:
    return int(path.name.removesuffix(SUFFIX))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
