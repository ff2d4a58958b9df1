"""A specification as a table: which update runs when, with what parameters, on which places of the row.

One compiled interpreter runs any table, so that no specification and no parameter needs the compiler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.features.registry import Choice, Feature
from services.features.row import COLUMNS, TAPE
from shared.failures import Refused

OP: Final = np.dtype(
    (
        np.record,
        np.dtype(
            [
                *((name, np.int64) for name in ("step", "at", "out", "mask", "n1", "n2", "n3", "n4")),
                *((name, np.float64) for name in ("x1", "x2", "x3", "x4")),
            ],
            align=True,
        ),
    )
)
"""A step: which update, where its state and outputs lie, and its parameters, whole and as they are."""

PARAMETERS: Final = 4
READ: Final = -1
"""Not an update: the output at `at` goes into the vector, once `n1` bars have been seen."""
LINE: Final = 8
"""Float64 places of a cache line: a row takes whole ones."""


@dataclass(frozen=True)
class Program:
    """The table, updates first and then what is read, and how long an instrument's row is.

    Which number an update has is known only to the process that runs it (see `calls.step_numbers`).
    """

    features: tuple[Feature, ...]
    ops: npt.NDArray[np.void]
    width: int
    row: int


def compile_program(choices: Sequence[Choice]) -> Program:
    """Lays out a row for these choices; outputs of one feature with one set of parameters share a step."""
    steps = list(dict.fromkeys((choice.feature.name, choice.values) for choice in choices))
    features = {choice.feature.name: choice.feature for choice in choices}
    depth = _depth([(features[name], values) for name, values in steps])
    place = TAPE + COLUMNS * depth
    ops = np.zeros(len(steps) + len(choices), OP)
    ops["mask"] = depth - 1
    starts: dict[tuple[str, tuple[float, ...]], int] = {}
    for op, step in zip(ops, steps, strict=False):
        feature, values = features[step[0]], step[1]
        starts[step] = op["out"] = place
        op["at"] = place + len(feature.outputs)
        for k, value in enumerate(values, 1):
            op[f"n{k}"], op[f"x{k}"] = int(value), value
        place = int(op["at"]) + feature.state(*values)
    for op, choice in zip(ops[len(steps) :], choices, strict=True):
        feature, values, output = choice
        op["step"], op["n1"] = READ, feature.warm_up(values, output)
        op["at"] = starts[feature.name, values] + feature.outputs.index(output)
    order = tuple(features[name] for name, _ in steps)
    return Program(order, ops, len(choices), -(-place // LINE) * LINE)


def _depth(steps: Sequence[tuple[Feature, tuple[float, ...]]]) -> int:
    """How many bars the tape holds: a power of two beyond the farthest that any step looks back."""
    for feature, _ in steps:
        if len(feature.parameters) > PARAMETERS:
            raise Refused(f"{feature.name} has more than {PARAMETERS} parameters")
    return 1 << max([1, *(int(feature.reach(*values)) for feature, values in steps)]).bit_length()
