"""Other libraries on the same job: as many of the eight indicators as each has, state for every symbol."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

HISTORY: Final = 100
"""Bars that a peer may start from, outside the measured time."""
SLOW_SWEEPS: Final = 4


class Prices(NamedTuple):
    """A walk of many symbols, a row a sweep over all of them."""

    high: npt.NDArray[np.int64]
    low: npt.NDArray[np.int64]
    close: npt.NDArray[np.int64]
    volume: npt.NDArray[np.int64]


Made = tuple[int, Callable[[], object]] | None


def module(name: str) -> Any:
    """A library, or None where it is not installed."""
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def ticks(prices: Prices, sweeps: int) -> Iterator[tuple[int, float, float, float, float]]:
    """Symbol, high, low, close, volume, symbol after symbol."""
    for sweep in range(HISTORY, HISTORY + sweeps):
        columns = (column[sweep].astype(float).tolist() for column in prices)
        for symbol, values in enumerate(zip(*columns, strict=True)):
            yield symbol, *values


def talib_streams(prices: Prices) -> Made:
    """TA-Lib's handles that take one bar at a time: seven of eight, it has no VWAP."""
    if module("talib") is None:
        return None
    stream = importlib.import_module("talib.stream")
    handles = []
    for symbol in range(prices.close.shape[1]):
        high, low, close = (column[:HISTORY, symbol].astype(float) for column in prices[:3])
        single = [
            stream.SMA(close, 20), stream.EMA(close, 20), stream.RSI(close, 14),
            stream.MACD(close, 12, 26, 9), stream.BBANDS(close, 20, 2.0, 2.0), stream.STDDEV(close, 20),
        ]  # fmt: skip
        handles.append(([handle.update for handle in single], stream.ATR(high, low, close, 14).update))
    given = list(ticks(prices, 40))

    def run() -> None:
        for symbol, high, low, close, _ in given:
            single, atr = handles[symbol]
            for update in single:
                update(close)
            atr(high, low, close)

    return len(given), run


def talib_history(prices: Prices) -> Made:
    """TA-Lib over each symbol's whole history at once: no stream, the limit of a batch."""
    talib = module("talib")
    if talib is None:
        return None
    high, low, close = (np.ascontiguousarray(column.T, np.float64) for column in prices[:3])

    def run() -> None:
        for symbol in range(len(close)):
            now = close[symbol]
            talib.SMA(now, 20)
            talib.EMA(now, 20)
            talib.RSI(now, 14)
            talib.MACD(now, 12, 26, 9)
            talib.BBANDS(now, 20, 2.0, 2.0)
            talib.STDDEV(now, 20)
            talib.ATR(high[symbol], low[symbol], now, 14)

    return close.size, run


def talipp_indicators(prices: Prices) -> Made:
    """talipp's incremental indicators: all eight."""
    if module("talipp") is None:
        return None
    found, bar = importlib.import_module("talipp.indicators"), importlib.import_module("talipp.ohlcv").OHLCV
    of_close = [
        [
            found.SMA(20),
            found.EMA(20),
            found.RSI(14),
            found.MACD(12, 26, 9),
            found.BB(20, 2.0),
            found.StdDev(20),
        ]
        for _ in range(prices.close.shape[1])
    ]
    of_bars = [[found.ATR(14), found.VWAP()] for _ in range(prices.close.shape[1])]
    given = list(ticks(prices, SLOW_SWEEPS))

    def run() -> None:
        for symbol, high, low, close, volume in given:
            for indicator in of_close[symbol]:
                indicator.add(close)
            whole = bar(close, high, low, close, volume)
            for indicator in of_bars[symbol]:
                indicator.add(whole)

    return len(given), run


def river_statistics(prices: Prices) -> Made:
    """River's running statistics: a mean, a deviation and three exponential averages of the eight."""
    if module("river") is None:
        return None
    stats, utils = importlib.import_module("river.stats"), importlib.import_module("river.utils")
    kept = [
        [
            utils.Rolling(stats.Mean(), 20), utils.Rolling(stats.Var(), 20), stats.EWMean(2 / 21),
            stats.EWMean(2 / 13), stats.EWMean(2 / 27),
        ]
        for _ in range(prices.close.shape[1])
    ]  # fmt: skip
    given = list(ticks(prices, SLOW_SWEEPS))

    def run() -> None:
        for symbol, _, _, close, _ in given:
            for statistic in kept[symbol]:
                statistic.update(close)
                statistic.get()

    return len(given), run


def polars_windows(prices: Prices) -> Made:
    """polars recomputing the last hundred bars of every symbol at each sweep, three of eight."""
    polars = module("polars")
    if polars is None:
        return None
    sweeps, symbols = HISTORY, prices.close.shape[1]
    table = polars.DataFrame(
        {"symbol": np.tile(np.arange(symbols), sweeps), "close": prices.close[:sweeps].ravel().astype(float)}
    )
    close = polars.col("close")
    wanted = [
        close.rolling_mean(20).over("symbol").alias("sma"),
        close.ewm_mean(span=20).over("symbol").alias("ema"),
        close.rolling_std(20).over("symbol").alias("deviation"),
    ]
    return symbols, lambda: table.with_columns(wanted)


PEERS: Final[dict[str, Callable[[Prices], Made]]] = {
    "TA-Lib streams, 7 of 8, one tick at a time": talib_streams,
    "TA-Lib on whole histories, 7 of 8": talib_history,
    "talipp, 8 of 8, one tick at a time": talipp_indicators,
    "river, 5 statistics, one tick at a time": river_statistics,
    "polars, 3 of 8, each sweep anew from 100 bars": polars_windows,
}
"""Who is measured beside us."""
