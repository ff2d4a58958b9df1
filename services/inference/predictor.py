"""A verified model at work: one kernel call answers any number of rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from services.inference.ensemble_kernels import KERNELS
from services.inference.layout import Program
from shared import kernels

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.int32]
_FLOAT: np.dtype[np.float64] = np.dtype(np.float64)


class Predictor:
    """Members, meta member and calibration; a row's bits do not depend on the rows beside it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.count = len(program.table) - 1 - int(program.table[0, 0])
        self._predict = kernels.entry(*KERNELS[0])

    def predict(self, values: Floats) -> tuple[Flags, Floats]:
        """Flags and class probabilities; a flagged row that is not answered has none."""
        flags, probabilities, _ = self.answer(values)
        return flags, probabilities

    def members(self, values: Floats) -> Floats:
        """What each member says of each row, as a meta member reads it: numbers of 24 bits."""
        _, _, answers = self.answer(values)
        return answers.astype(np.float32).astype(np.float64)

    def answer(self, values: Floats) -> tuple[Flags, Floats, Floats]:
        """Flags, probabilities, and what each member said."""
        rows = len(values)
        flags, probabilities = np.empty(rows, np.int32), np.empty((rows, 3))
        answers = np.empty((rows, self.count, 3))
        if rows:
            self._predict(kernels.column(values, _FLOAT), *self.program, flags, probabilities, answers)
        return flags, probabilities, answers
