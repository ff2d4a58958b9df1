"""Corporate actions: what each does to prices and lots, in whole numbers."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from shared.block import Block
from shared.money import fits, half_even
from shared.streams import CORPORATE_ACTIONS
from shared.time import BEFORE_TAPE


class Action(enum.IntEnum):
    """The kinds of a row of `corporate_actions`."""

    SPLIT = 1
    CASH_DIVIDEND = 2
    RENAME = 3
    DELISTING = 4


class SplitLots(NamedTuple):
    """Lots after a split, and the fraction that is paid out: left / denominator of a new lot."""

    lots: int
    left: int


def split_lots(lots: int, numerator: int, denominator: int) -> SplitLots:
    """New lots for old ones, towards nothing; what is left over has the position's sign."""
    if numerator <= 0 or denominator <= 0:
        raise ValueError(f"a split of {numerator} for {denominator} is none")
    whole, left = divmod(abs(lots) * numerator, denominator)
    return SplitLots(fits(-whole), -left) if lots < 0 else SplitLots(fits(whole), left)


def split_price(price: int, numerator: int, denominator: int) -> int:
    """What a price of before is after the split, rounded half to even, and never to nothing."""
    if price == 0:
        return 0
    return max(1, half_even(price * denominator, numerator))


class ActionRow(NamedTuple):
    """A corporate action as a run's plan holds it: what a row of the stream says, known when it happens."""

    time_ns: int
    instrument: int
    action: int
    numerator: int = 0
    denominator: int = 0
    amount: int = 0


COLUMNS = ("event_time_ns", "instrument", "action", "numerator", "denominator", "amount")


def rows_of(actions: Block) -> tuple[ActionRow, ...]:
    """The rows of a block, by time, instrument and kind."""
    found = zip(*(actions[name].tolist() for name in COLUMNS), strict=True)
    return tuple(sorted(ActionRow(*row) for row in found))


def block_of(rows: Iterable[ActionRow]) -> Block:
    """The same as a block."""
    told = list(rows)
    columns = {name: [row[place] for row in told] for place, name in enumerate(COLUMNS)}
    columns["as_of_ns"] = columns["event_time_ns"]
    return CORPORATE_ACTIONS.block(columns, watermark_ns=BEFORE_TAPE)


def with_fills(actions: Block, fills: Block) -> list[Block]:
    """Both in one order: an action comes before the fills of its time."""
    out: list[Block] = []
    at = 0
    for start, stop, time_ns in moments(actions):
        place = int(np.searchsorted(fills["event_time_ns"], time_ns, side="left"))
        out += [fills.rows(at, place).until(time_ns - 1), actions.rows(start, stop).until(time_ns - 1)]
        at = place
    return [block for block in (*out, fills.rows(at, len(fills))) if len(block)]


def moments(actions: Block) -> list[tuple[int, int, int]]:
    """Where the rows of each distinct time start and stop, and that time."""
    times = actions["event_time_ns"]
    if not len(times):
        return []
    starts = np.flatnonzero(np.diff(times, prepend=times[:1] - 1))
    stops = [*starts[1:].tolist(), len(times)]
    return [(start, stop, int(times[start])) for start, stop in zip(starts.tolist(), stops, strict=True)]


def between(actions: Block, after_ns: int, until_ns: int) -> Block:
    """The rows after one time and up to another."""
    start, stop = np.searchsorted(actions["event_time_ns"], (after_ns, until_ns), side="right").tolist()
    return actions.rows(start, stop)


PRICES = ("limit_price", "stop_price", "bracket_stop", "bracket_target")
"""The columns of an order that are prices."""


def carried_over(orders: Block, actions: Block) -> Block:
    """Orders of before a split that come after it, in its terms; a fraction of a lot is left out."""
    splits = [row for row in rows_of(actions) if row.action == Action.SPLIT]
    columns = {name: orders[name].copy() for name in (*PRICES, "quantity")}
    for row in splits:
        before = (orders["instrument"] == row.instrument) & (orders["event_time_ns"] < row.time_ns)
        for place in np.flatnonzero(before).tolist():
            for name in PRICES:
                columns[name][place] = split_price(int(columns[name][place]), row.numerator, row.denominator)
            lots = int(columns["quantity"][place])
            columns["quantity"][place] = split_lots(lots, row.numerator, row.denominator).lots
    return Block(
        orders.stream, {**orders.columns, **columns}, orders.watermark_ns, orders.partition, orders.run,
        orders.seq, orders.prev_seq,
    )  # fmt: skip
