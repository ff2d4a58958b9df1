"""The symbols of a file as a table that kernels look into: text, code, and the terms of its instrument."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.files.csv_kernels import symbol_hash
from services.ingest.files.options import ReadOptions
from shared.failures import Refused
from shared.market import Instrument, Instruments

Array = npt.NDArray[Any]

MOST: Final = 100_000


class SymbolTable:
    """Grows by one symbol at a time; codes are in the order in which symbols were met."""

    def __init__(self, instruments: Instruments, options: ReadOptions, source: str) -> None:
        self.instruments = instruments
        self.unknown: list[Instrument] = []
        self._tick, self._lot = options.tick, options.lot
        self._source = source
        self._count = self._used = 0
        self.slots = np.full(1 << 10, -1, np.int64)
        self.pool = np.zeros(1 << 12, np.uint8)
        self.terms = np.zeros((1 << 8, 7), np.int64)

    def add(self, text: bytes) -> int:
        """Takes a new symbol in; an instrument that nobody described gets the default terms."""
        if self._count >= MOST:
            raise Refused(
                f"{self._source} has more than {MOST:,} symbols; say which column holds them with --map"
            )
        symbol = text.decode("utf-8", "backslashreplace")
        is_new = self.instruments.symbol(symbol) is None
        row = self.instruments.default(symbol, self._tick, self._lot)
        if is_new:
            self.unknown.append(row)
        self._make_room(len(text))
        code = self._count
        self.pool[self._used : self._used + len(text)] = np.frombuffer(text, np.uint8)
        self.terms[code] = (
            *ratio(row.tick), *ratio(row.lot), row.instrument, self._used, self._used + len(text),
        )  # fmt: skip
        self._used += len(text)
        self._count += 1
        self._place(code)
        return code

    def _make_room(self, more: int) -> None:
        if self._used + more > len(self.pool):
            self.pool = np.concatenate([self.pool, np.zeros(max(len(self.pool), more), np.uint8)])
        if self._count == len(self.terms):
            self.terms = np.concatenate([self.terms, np.zeros_like(self.terms)])
        if 2 * (self._count + 1) > len(self.slots):
            self.slots = np.full(4 * len(self.slots), -1, np.int64)
            for code in range(self._count):
                self._place(code)

    def _place(self, code: int) -> None:
        start, stop = int(self.terms[code, 5]), int(self.terms[code, 6])
        mask = len(self.slots) - 1
        place = symbol_hash(self.pool, start, stop) & mask
        while self.slots[place] >= 0:
            place = (place + 1) & mask
        self.slots[place] = code


def ratio(step: Decimal) -> tuple[int, int]:
    """A step as (units, decimals): exactly units / 10**decimals."""
    exponent = step.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    units = int(step.scaleb(decimals))
    if not 0 < units < 1 << 40 or decimals > 18:
        raise Refused(f"a step of {step} is finer or coarser than can be kept")
    return units, decimals
