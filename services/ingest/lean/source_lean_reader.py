"""A LEAN request as something to read into a lake: its rows day by day, and its corporate actions."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from services.ingest.files.checking import RawTicks
from services.ingest.files.reading import Unreadable
from services.ingest.lean.source_lean import LeanFolder, LeanRequest
from services.ingest.vendors.enrolling import enrolled
from shared.block import Block
from shared.failures import Refused
from shared.ids import text_hash
from shared.market import Instruments


class LeanReader:
    """Reads a request once, under the ids that its symbols have in a lake."""

    def __init__(self, folder: LeanFolder, request: LeanRequest, known: Instruments) -> None:
        self.instruments = known
        self.source = f"{folder.root.name} {request.resolution} {','.join(request.symbols)}"
        self.size = 0
        self.unreadable = Unreadable()
        self.notes: tuple[str, ...] = ()
        self._folder, self._request = folder, request
        self._described = folder.instruments(request)
        self._ids = np.zeros(len(self._described) + 1, np.int32)
        for row in self._described:
            self._ids[row.instrument] = enrolled(known, row, "LEAN").instrument
        self._read = 0

    @property
    def done(self) -> int:
        """Rows so far: a folder's size is not known beforehand."""
        return self._read

    def actions(self) -> Block:
        """All corporate actions of the symbols."""
        return self._renumbered(self._folder.actions(self._request))

    def chunks(self) -> Iterator[RawTicks]:
        """The rows of each day, in time order; at the end it is said of which symbols there were none."""
        seen: set[int] = set()
        for _, ticks in self._folder.days(self._request):
            lines = np.arange(self._read + 1, self._read + 1 + len(ticks))
            self._read += len(ticks)
            seen.update(np.unique(ticks["instrument"]).tolist())
            flags = np.zeros(len(ticks), np.int16)
            yield RawTicks(self.source, self._renumbered(ticks), self.instruments, lines, flags)
        if not self._read:
            wanted = f"{self._request.resolution} rows of {', '.join(self._request.symbols)}"
            raise Refused(f"{self._folder.root} holds no {wanted}")
        self.notes = tuple(
            f"{row.symbol}: no {self._request.resolution} rows in these days"
            for row in self._described
            if row.instrument not in seen
        )

    @property
    def name(self) -> str:
        """The request as a lake remembers it, so that nothing is taken in twice unasked."""
        said = msgspec.json.encode((str(self._folder.root.absolute()), self._request)).decode()
        return f"lean-{text_hash(said) & (1 << 63) - 1:016x}"

    def _renumbered(self, block: Block) -> Block:
        columns = {**block.columns, "instrument": self._ids[block["instrument"]]}
        return block.stream.block(columns, watermark_ns=block.watermark_ns)
