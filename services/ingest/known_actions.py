"""The corporate actions of a lake: what was recorded, each once, however often it was taken in."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from shared.block import Block
from shared.lake.parquet import read_any
from shared.streams import CORPORATE_ACTIONS
from shared.time import BEFORE_TAPE


def read_actions(lake: Path) -> Block:
    """Actions by time and instrument; none where nobody recorded any."""
    return once(read_any(lake, CORPORATE_ACTIONS))


def once(actions: Block) -> Block:
    """Of actions of one kind, instrument and time the one that was recorded last, in order."""
    keys = [actions[name] for name in ("event_time_ns", "instrument", "action")]
    order = np.lexsort(keys[::-1])
    ranked = actions.take(order)
    last = np.ones(len(order), np.bool_)
    for place in range(len(order) - 1):
        last[place] = any(key[order[place]] != key[order[place + 1]] for key in keys)
    return ranked.take(np.flatnonzero(last))


def actions_during(lake: Path, ticks: Block) -> Block:
    """The actions of a tape's own instruments that happened while it ran."""
    if not len(ticks):
        return CORPORATE_ACTIONS.empty(watermark_ns=BEFORE_TAPE)
    actions = read_actions(lake)
    times, first, last = actions["event_time_ns"], ticks["event_time_ns"][0], ticks["event_time_ns"][-1]
    ours = np.isin(actions["instrument"], np.unique(ticks["instrument"]))
    return actions.take(np.flatnonzero(ours & (times > first) & (times <= last)))
