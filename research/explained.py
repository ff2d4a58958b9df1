"""Explanations of the predictions behind orders, made off every hot path and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from research.drift.stretch import found_in
from research.reasons import model_of, reasons
from services.inference.model import Model
from shared.block import Block
from shared.failures import Refused
from shared.store.contract import ExplanationRow, Store

MOST: Final = 200
"""Orders of one look: the newest, so that a long pause does not hold up what people ask about now."""
NAMED: Final = 8
"""Features of one explanation; what all others add is told as one number."""


def explain_orders(store: Store, run: str, data: Path, trusted: frozenset[str], now_ns: int) -> int:
    """Explains the decisions since the last explanation that led to an order; says how many."""
    last = store.explanations(run, 0, 1)
    since_ns = last[0].event_time_ns + 1 if last else 0
    verdicts = store.rows_since(run, "verdicts", since_ns)
    wanted = verdicts.take(np.flatnonzero((verdicts["order_id"] != 0) & (verdicts["model"] != 0))[-MOST:])
    if not len(wanted):
        return 0
    vectors = store.rows_since(run, "features", int(wanted["event_time_ns"][0]))
    rows = [
        msgspec.structs.replace(row, run=run, made_ns=now_ns)
        for row in _explained(wanted, vectors, _Models(store, run, data, trusted))
    ]
    store.save_explanations(rows)
    return len(rows)


class _Models:
    """The models of a run by number, each opened once; one that is gone is not asked for again."""

    def __init__(self, store: Store, run: str, data: Path, trusted: frozenset[str]) -> None:
        self._terms = store, run, data, trusted
        self._held: dict[int, Model | None] = {}

    def of(self, number: int) -> Model | None:
        """The model with this number, if it still lies there."""
        if number not in self._held:
            try:
                self._held[number] = model_of(*self._terms, number)[1]
            except Refused:
                self._held[number] = None
        return self._held[number]


def _explained(wanted: Block, vectors: Block, models: _Models) -> Iterator[ExplanationRow]:
    places = found_in(wanted, vectors)
    columns = (wanted[name].tolist() for name in ("event_time_ns", "instrument", "model", "side"))
    for (time_ns, instrument, number, side), place in zip(zip(*columns, strict=True), places, strict=True):
        model = models.of(number)
        if place < 0 or model is None:
            continue
        found = reasons(model, vectors["values"][place].tolist(), side, NAMED)
        yield ExplanationRow(
            run="",
            event_time_ns=time_ns,
            instrument=instrument,
            model=number,
            of=found.of,
            probability=found.probability,
            base=found.base,
            rest=found.rest,
            shares=msgspec.json.encode(found.shares).decode(),
            made_ns=0,
        )
