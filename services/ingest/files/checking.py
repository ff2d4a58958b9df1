"""Between a reader and the lake: rows as they were read, and who says which of them may pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from shared.block import Block
from shared.market import Instruments

Array = npt.NDArray[Any]

ACCEPTED: Final = 0

OFF_GRID_PRICE: Final = 1
OFF_GRID_SIZE: Final = 2
NOT_A_NUMBER: Final = 4
BELOW_GRID: Final = 8
SEEN_BEFORE: Final = 16
"""Bits of `RawTicks.flags`: what whole numbers cannot say about the text that a row was read from."""


@dataclass(frozen=True, eq=False)
class RawTicks:
    """Rows of one source in the order of the source, in price ticks and lots, and not yet believed.

    `lines` are the rows' places in the source, counted from 1 with the header; `extras` are columns that
    a source may have beside those of a tick: `delta` and `session` a row, and the levels of the rows'
    volume profiles as `profile_row`, `profile_price` and `profile_volume`. `beside` are rows of other
    streams that came with these, such as changes of books.
    """

    source: str
    ticks: Block
    instruments: Instruments
    lines: Array
    flags: Array
    extras: Mapping[str, Array] = field(default_factory=dict)
    beside: tuple[Block, ...] = ()

    def __len__(self) -> int:
        return len(self.ticks)


class Checker(Protocol):
    """Says of each row whether it is accepted; it sees every row of every source, in order."""

    def check(self, chunk: RawTicks) -> Array:
        """An int16 a row: 0 accepts it, anything else is the reason why it goes to quarantine."""
        ...


class AcceptAll:
    """Lets every row pass."""

    def check(self, chunk: RawTicks) -> Array:
        """Nothing but zeros."""
        return np.zeros(len(chunk), np.int16)
