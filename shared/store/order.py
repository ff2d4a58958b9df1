"""Rows in the one order that digests want, and the latest row of each key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.block import Block, join
from shared.store.tables import KEYS, LATEST, ORDER_STATES
from shared.time import BEFORE_TAPE


def canonical(block: Block) -> Block:
    """Rows by their stream's order, then by every other number in them."""
    order = [block[name] for name in block.stream.order]
    index = np.lexsort(order[::-1]) if len(block) > 1 else np.arange(len(block))
    if _has_ties([column[index] for column in order]):
        rest = [c.name for c in block.stream.columns if not c.vector and c.name not in block.stream.order]
        index = np.lexsort([block[name] for name in reversed((*block.stream.order, *rest))])
    ordered = block.take(index)
    last = int(ordered["event_time_ns"].max()) if len(ordered) else BEFORE_TAPE
    return replace(ordered, watermark_ns=last)


def _has_ties(order: Sequence[npt.NDArray[Any]]) -> bool:
    """Whether neighbours of these sorted columns are equal in all of them."""
    same = np.ones(max(len(order[0]) - 1, 0), np.bool_)
    for column in order:
        same &= column[1:] == column[:-1]
    return bool(same.any())


def latest(block: Block) -> Block:
    """The latest row of each key; of equally late ones the last."""
    if len(block) < 2:
        return block
    key = KEYS[block.stream.name]
    ranked = (*key, *LATEST[block.stream.name])
    ordered = block.take(np.lexsort([block[name] for name in reversed(ranked)]))
    ends = np.zeros(len(ordered), np.bool_)
    ends[-1] = True
    for name in key:
        ends[:-1] |= ordered[name][1:] != ordered[name][:-1]
    return ordered.take(np.flatnonzero(ends))


def by_stream(blocks: Iterable[Block]) -> list[Block]:
    """One block a stream, in order of first appearance; order events also say where their orders stand."""
    groups: dict[str, list[Block]] = {}
    for block in blocks:
        if len(block):
            groups.setdefault(block.stream.name, []).append(block)
    joined = [_joined(group) for group in groups.values()]
    states = [replace(block, stream=ORDER_STATES) for block in joined if block.stream.name == "order_events"]
    return joined + states


def _joined(blocks: Sequence[Block]) -> Block:
    return blocks[0] if len(blocks) == 1 else join(blocks)
