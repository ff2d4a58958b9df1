"""Ticks of the synthetic market: each base bar of the law, told as the quotes and trades that make it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.law_kernels import make_ticks
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket
from shared.block import Block, join
from shared.streams import FACTS, TICKS
from shared.time import BEFORE_TAPE

Array = npt.NDArray[Any]

_MADE: Final = (
    "event_time_ns",
    "instrument",
    "kind",
    "side",
    "bid",
    "ask",
    "bid_size",
    "ask_size",
    "price",
    "size",
)
_TOLD: Final = (
    "event_time_ns",
    "instrument",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "signed_volume",
    "trades",
    "ask",
)


def ticks_of(bars: Block, seed: int) -> Block:
    """The ticks that make these bars, sorted by time and instrument."""
    rows = 2 * int(bars["trades"].sum())
    columns = {column.name: np.zeros(rows, column.numpy) for column in TICKS.columns}
    if not rows:
        return TICKS.empty(watermark_ns=bars.watermark_ns)
    with np.errstate(over="ignore"):
        make_ticks(
            np.uint64(seed),
            int(bars["interval_ns"][0]),
            *(bars[name] for name in _TOLD),
            *(columns[name] for name in _MADE),
        )
    order = np.lexsort((columns["instrument"], columns["event_time_ns"]))
    sorted_columns = {name: columns[name][order] if name in _MADE else columns[name] for name in columns}
    return Block(TICKS, sorted_columns, watermark_ns=bars.watermark_ns - 1)


def warm() -> None:
    """Compiles the market's kernels, or loads them from the cache, before anybody waits for a tick."""
    market = SyntheticMarket(MarketPlan(symbols=2))
    ticks_of(market.bars(around_the_clock(0, market.plan.interval_ns, 1)), 1)


class SyntheticTicks:
    """The market's ticks from a start on, in whatever windows they are asked for.

    Each bar is made while the second half of the one before is told: no tick waits for it at a close.
    """

    def __init__(self, market: SyntheticMarket, start_ns: int) -> None:
        self._market = market
        self._start_ns = self._made_until = self.cursor_ns = start_ns
        self._made = TICKS.empty(watermark_ns=BEFORE_TAPE)
        self._told = FACTS.empty(watermark_ns=BEFORE_TAPE)
        self._following: tuple[Block, Block] | None = None

    @property
    def interval_ns(self) -> int:
        """The base bar, which starts at the start."""
        return self._market.plan.interval_ns

    def until(self, end_ns: int) -> Block:
        """Every tick from the last end (at first the start) to before this one."""
        parts = []
        while self._made_until < end_ns:
            parts.append(self._rest(self._made_until))
            self._begin_bar()
        parts.append(self._rest(end_ns))
        self.cursor_ns = max(self.cursor_ns, end_ns)
        if self._following is None and end_ns > self._made_until - self.interval_ns // 2:
            self._following = self._bar_after(self._made_until)
        return join([part for part in parts if len(part)] or parts[-1:]).until(end_ns - 1)

    def pass_over(self, end_ns: int) -> None:
        """Goes on to a time without telling the ticks before it; whole bars cost next to nothing."""
        if self._following is not None and end_ns > self._made_until:
            self._begin_bar()
        whole = (end_ns - self._made_until) // self.interval_ns
        if whole > 0:
            self._market.bars(around_the_clock(self._made_until, self.interval_ns, whole))
            self._made_until += whole * self.interval_ns
            self._made = TICKS.empty(watermark_ns=BEFORE_TAPE)
        self.until(end_ns)
        self.facts(end_ns)

    def facts(self, end_ns: int) -> Block:
        """Every fact that was told before this time, and not given yet."""
        stop = int(np.searchsorted(self._told["event_time_ns"], end_ns))
        given, self._told = self._told.rows(0, stop), self._told.rows(stop, len(self._told))
        return given.until(end_ns - 1)

    def _begin_bar(self) -> None:
        made, self._following = self._following, None
        self._made, told = made if made is not None else self._bar_after(self._made_until)
        self._told = join([self._told, told])
        self._made_until += self.interval_ns

    def _bar_after(self, start_ns: int) -> tuple[Block, Block]:
        """The ticks of the bar that starts here, and what is told during it."""
        bars, facts = self._market.bars_and_facts(around_the_clock(start_ns, self.interval_ns, 1))
        return ticks_of(bars, int(self._market.climate["seed"][0])), facts

    def _rest(self, end_ns: int) -> Block:
        times = self._made["event_time_ns"]
        start, stop = np.searchsorted(times, (self.cursor_ns, end_ns))
        self.cursor_ns = max(self.cursor_ns, min(end_ns, self._made_until))
        return self._made.rows(int(start), int(stop))
