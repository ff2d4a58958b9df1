"""One service of a line that is watched from within: it notes when each step of a turn began and ended.

The moments lie in memory until the service goes, and then in a file: beside the blocks, never in them.
"""

from __future__ import annotations

import os
import sys
import time
from array import array
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.config import load
from shared.engine.service import Service

POINTS: Final = ("after_read", "before_commit", "after_commit", "before_publish", "after_publish")
READ, DECIDED, KEPT, SPEAKING, SPOKEN = range(len(POINTS))
FOLDER: Final = "BENCH_STAMPS"


class Stamps:
    """A crash point that only looks at the clock."""

    def __init__(self) -> None:
        self._moments = array("q")
        self._numbers = {point: number for number, point in enumerate(POINTS)}

    def __call__(self, point: str) -> None:
        """Notes the moment of a point that is wanted."""
        number = self._numbers.get(point)
        if number is not None:
            self._moments.extend((number, time.time_ns()))

    def save(self, file: Path) -> None:
        """Pairs of a point and its moment, in their order."""
        file.write_bytes(self._moments.tobytes())


def turns(file: Path) -> npt.NDArray[np.int64]:
    """The turns of a service that published: a row each, a column a point, 0 where nothing was committed."""
    rows: list[list[int]] = []
    turn = [0] * len(POINTS)
    for point, moment in np.fromfile(file, np.int64).reshape(-1, 2).tolist():
        if point == READ:
            turn = [0] * len(POINTS)
        turn[point] = moment
        if point == SPOKEN:
            rows.append(turn.copy())
    return np.array(rows, np.int64).reshape(-1, len(POINTS))


def main(service: str) -> int:
    """Runs the service as its own module would."""
    stamps = Stamps()
    stages = import_module(f"services.{service}.stages").stages
    try:
        return Service(service, stages, load(os.environ).settings, stamps).serve()
    finally:
        stamps.save(Path(os.environ[FOLDER]) / service)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
