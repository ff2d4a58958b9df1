"""A specification as a table: which update runs when, with what parameters, on which places of the row.

One compiled interpreter runs any table, so that no specification and no parameter needs the compiler.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from services.features.notes import NOTE
from services.features.registry import SUBJECTS, Choice, Feature
from services.features.row import COLUMNS, LINE, TAPE
from shared.facts import INDICES, Field
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

LISTENER: Final = np.dtype((np.record, np.dtype([("field", np.int64), ("at", np.int64)])))
"""A note in an instrument's row, and the field of facts that it is of."""
GLANCE: Final = np.dtype(
    (np.record, np.dtype([(name, np.int64) for name in ("subject", "from_at", "warm", "at")]))
)
"""An output of a series' row that an instrument's row takes over, once the series has seen so many levels."""

PARAMETERS: Final = 4
READ: Final = -1
"""Not an update: the output at `at` goes into the vector, once `n1` bars have been seen."""


@dataclass(frozen=True)
class Program:
    """The table, updates first and then what is read, and how long an instrument's row is.

    Which number an update has is known only to the process that runs it (see `calls.step_numbers`).
    What is asked of the market, a sector or the VIX is a program of its own, run on their rows.
    """

    features: tuple[Feature, ...]
    ops: npt.NDArray[np.void]
    width: int
    row: int
    mask: int
    listeners: npt.NDArray[np.void]
    glances: npt.NDArray[np.void]
    series: Program | None = None

    @property
    def fields(self) -> frozenset[Field]:
        """The fields of facts that change a vector; none for a program of bars alone."""
        found = {Field(field) for field in self.listeners["field"].tolist()}
        if len(self.glances) or any(feature.peers for feature in self.features):
            found |= {*INDICES, Field.SECTOR}
        return frozenset(found)


def compile_program(choices: Sequence[Choice]) -> Program:
    """Lays out a row for these choices; outputs of one feature with one set of parameters share a step."""
    own = [choice for choice in choices if not choice.subject]
    told = [choice for choice in choices if choice.subject]
    steps = list(dict.fromkeys((choice.feature.name, choice.values) for choice in own))
    features = {choice.feature.name: choice.feature for choice in own}
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
    glances = np.zeros(len(told), GLANCE)
    glances["at"] = place + np.arange(len(told))
    copies = iter(glances["at"].tolist())
    for op, choice in zip(ops[len(steps) :], choices, strict=True):
        op["step"] = READ
        op["at"], op["n1"] = (next(copies), 0) if choice.subject else _read(choice, starts)
    order = tuple(features[name] for name, _ in steps)
    series = _of_series(told, glances) if choices else None
    row = -(-(place + len(told)) // LINE) * LINE
    listeners = np.array(list(_listeners(order, ops)), LISTENER)
    return Program(order, ops, len(choices), row, depth - 1, listeners, glances, series)


def _read(choice: Choice, starts: dict[tuple[str, tuple[float, ...]], int]) -> tuple[int, int]:
    """Where an output lies, and how many bars make it warm."""
    feature, values, output, _ = choice
    return starts[feature.name, values] + feature.outputs.index(output), feature.warm_up(values, output)


def _of_series(told: Sequence[Choice], glances: npt.NDArray[np.void]) -> Program:
    """The program of the series' rows, and from where each glance is taken."""
    program = compile_program([choice._replace(subject="") for choice in told])
    steps = len(program.features)
    for glance, choice, read in zip(glances, told, program.ops[steps:], strict=True):
        glance["subject"] = SUBJECTS.index(choice.subject)
        glance["from_at"], glance["warm"] = read["at"], read["n1"]
    return program


def _listeners(features: Sequence[Feature], ops: npt.NDArray[np.void]) -> Iterator[tuple[int, int]]:
    """Each field that a step listens to, and where its note lies: at the start of the step's state."""
    for feature, op in zip(features, ops, strict=False):
        for place, field in enumerate(feature.fields):
            yield int(field), int(op["at"]) + NOTE * place


def _depth(steps: Sequence[tuple[Feature, tuple[float, ...]]]) -> int:
    """How many bars the tape holds: a power of two beyond the farthest that any step looks back."""
    for feature, _ in steps:
        if len(feature.parameters) > PARAMETERS:
            raise Refused(f"{feature.name} has more than {PARAMETERS} parameters")
    return 1 << max([1, *(int(feature.reach(*values)) for feature, values in steps)]).bit_length()
