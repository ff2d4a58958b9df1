"""Rows to learn from: what was known at a time, what came of it, and when that became known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.failures import Refused

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
Classes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Examples:
    """Feature rows in time order with their labels; a label's span runs from its row's time to its end."""

    names: tuple[str, ...]
    values: Floats
    times_ns: Times
    instruments: npt.NDArray[np.int32]
    classes: Classes
    returns: Floats
    end_ns: Times

    def __post_init__(self) -> None:
        rows = len(self.times_ns)
        columns = (self.values, self.instruments, self.classes, self.returns, self.end_ns)
        if any(len(column) != rows for column in columns) or self.values.shape[1:] != (len(self.names),):
            shape = "×".join(str(size) for size in self.values.shape)
            raise Refused(
                f"{rows} rows of {len(self.names)} features want columns alike, found {shape} values"
            )
        if np.any(np.diff(self.times_ns) < 0):
            raise Refused("rows want to be in time order")

    def __len__(self) -> int:
        return len(self.times_ns)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Examples:
        """Some of the rows, in the order asked for."""
        return Examples(
            self.names,
            self.values[rows],
            self.times_ns[rows],
            self.instruments[rows],
            self.classes[rows],
            self.returns[rows],
            self.end_ns[rows],
        )
