"""What a partition knows beside its bars: rows of the market, its sectors and the VIX, and facts to come."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.features import fact_kernels
from services.features.calls import step_numbers
from services.features.program import Program, compile_program
from services.features.row import RATE
from services.features.state import State
from shared import kernels
from shared.block import Block
from shared.failures import BadInput
from shared.streams import FACTS

Rows = npt.NDArray[Any]
NOTHING: Final = np.zeros(0, FACTS.dtype)


class Board:
    """Takes facts ahead of bars and shows each close those that were known before it."""

    def __init__(self, program: Program) -> None:
        series = program.series or compile_program(())
        self._fields = np.array(sorted(program.fields), np.int16)
        self._ops = series.ops[: len(series.features)].copy()
        self._ops["step"] = step_numbers([feature.update for feature in series.features])
        self._mask = series.mask
        self._listeners, self._glances = program.listeners, program.glances
        self._series = np.zeros((fact_kernels.ROWS, series.row))
        self._series[fact_kernels.MARKET_ROW, RATE] = np.nan
        self._facts = NOTHING
        self._take_closed = kernels.entry(*fact_kernels.KERNELS[0])
        self._take_facts = kernels.entry(*fact_kernels.KERNELS[1])

    @property
    def is_used(self) -> bool:
        """Whether any fact changes a vector."""
        return bool(len(self._fields))

    def put(self, block: Block, after_ns: int) -> npt.NDArray[np.int32]:
        """Keeps the facts that matter until their time has come; gives the companies they are about."""
        times = block["event_time_ns"]
        last_ns = int(self._facts["event_time_ns"][-1]) if len(self._facts) else after_ns
        if len(times) and (int(times[0]) < last_ns or bool((times[1:] < times[:-1]).any())):
            raise BadInput(f"facts go back in time, to {int(times.min())} from {last_ns}")
        if len(times) and int(times[0]) <= after_ns:
            raise BadInput(f"a fact of {int(times[0])} comes at or before the promised watermark {after_ns}")
        if not np.isfinite(block["value"]).all():
            raise BadInput("a fact has no usable value")
        ours = block.take(np.flatnonzero(np.isin(block["field"], self._fields)))
        rows = np.zeros(len(ours), FACTS.dtype)
        for name in FACTS.names:
            rows[name] = ours[name]
        self._facts = np.concatenate([self._facts, rows]).view(NOTHING.dtype)
        companies = rows["instrument"]
        return np.unique(companies[companies > 0])

    def take_closed(self, closed: Rows, session_ns: int, state: State, ops: Rows, vectors: Rows) -> None:
        """Takes closed bars into their rows, each after what was known before its close."""
        board = self._listeners, self._glances, self._series, self._ops, self._mask
        rows = state.rows, state.table, state.memory
        taken = self._take_closed(0, self._facts, *board, closed, session_ns, *rows, ops, vectors)
        self._facts = self._facts[taken:]

    def until(self, watermark_ns: int, state: State) -> None:
        """No bar up to here is still to come: what was known by then is in force."""
        if not len(self._facts):
            return
        rows = state.rows, state.table, state.memory
        board = self._listeners, self._series, self._ops, self._mask
        taken = self._take_facts(0, watermark_ns + 1, self._facts, *rows, *board)
        self._facts = self._facts[taken:]

    def snapshot(self) -> tuple[bytes, bytes]:
        """The series' rows and the facts that wait."""
        return self._series.tobytes(), self._facts.tobytes()

    def restore(self, series: bytes, facts: bytes) -> None:
        """Takes those of a twin."""
        self._series = np.frombuffer(series).reshape(self._series.shape).copy()
        self._facts = np.frombuffer(facts, FACTS.dtype).copy()
