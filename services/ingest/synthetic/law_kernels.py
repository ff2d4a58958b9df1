"""The law of the synthetic market: what one bar does to every instrument, and which ticks make that bar.

Every random number is a hash of (seed, interval, bar, instrument): nothing is drawn in sequence, so that a
market can be made again from any state, in any stretches.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from shared.exact import GOLDEN
from shared.kernels import njit
from shared.mixing_kernels import mixed

Array = npt.NDArray[Any]

CALM: Final = 0
TREND: Final = 1
STRESS: Final = 2

MARKET_SIGMA: Final = 0.014  # a day's standard deviation of the market factor
SECTOR_SIGMA: Final = 0.009
SLOW_DECAY_DAYS: Final = 8.0  # memory of the volatility that all share
SLOW_SIGMA: Final = 0.30
FAST_DECAY_DAYS: Final = 0.15  # memory of an instrument's own volatility
FAST_SIGMA: Final = 0.35
JUMPS_A_DAY: Final = 0.05
JUMP_SIGMA: Final = 0.8  # in the instrument's own daily standard deviations
TREND_DRIFT: Final = 0.2  # daily standard deviations of the market factor a day
IMBALANCE_SIGMA: Final = 0.22  # signed volume over volume
LEAST_TRADES: Final = 4  # open, high, low and close are trades
SECTOR_COUNT: Final = 11
FLOOR: Final = 10_000  # no price falls below this many ticks: one dollar
IMPLIED: Final = 100.0 * MARKET_SIGMA * 252.0**0.5  # the market's usual volatility, per cent a year
SHOWN: Final = 1e8  # the least that the touch displays, in ticks times lots: 10,000 dollars
SHOWN_SPAN: Final = 4.0  # how much more it may display, in multiples of that

_S11: Final = np.uint64(11)
_S12: Final = np.uint64(12)
_S24: Final = np.uint64(24)
_S36: Final = np.uint64(36)
_S48: Final = np.uint64(48)
_LOW12: Final = np.uint64(0xFFF)
_LOW24: Final = np.uint64(0xFFFFFF)

INSTRUMENT: Final = np.dtype(
    (
        np.record,
        [
            ("price", np.float64),
            ("log_vol", np.float64),
            ("imbalance", np.float64),
            ("close", np.int64),
            ("beta", np.float64),
            ("sector_beta", np.float64),
            ("sigma", np.float64),
            ("volume", np.float64),
            ("activity", np.float64),
            ("half_bps", np.float64),
            ("sector", np.int64),
            ("id", np.int64),
        ],
    )
)
CLIMATE: Final = np.dtype(
    (np.record, [("regime", np.int64), ("trend", np.float64), ("slow_vol", np.float64), ("seed", np.uint64)])
)


@njit
def uniform(bits: Any) -> float:
    """A number in [0, 1) from 64 random bits."""
    return float(bits >> _S11) * (1.0 / 9007199254740992.0)


@njit
def weather(climate: Any, key: Any, step_days: float, normals: Array) -> None:
    """Moves the regime and the volatility that all instruments share by one bar."""
    bits = mixed(key, np.uint64(1))
    decay = math.exp(-step_days / SLOW_DECAY_DAYS)
    shock = normals[bits & _LOW12]
    climate.slow_vol = decay * climate.slow_vol + math.sqrt(1.0 - decay * decay) * SLOW_SIGMA * shock
    leaving = 0.4 if climate.regime == CALM else (0.8 if climate.regime == TREND else 1.6)
    if uniform(mixed(key, np.uint64(2))) >= 1.0 - math.exp(-leaving * step_days):
        return
    to_first = uniform(mixed(key, np.uint64(3)))
    if climate.regime == CALM:
        climate.regime = TREND if to_first < 0.65 else STRESS
    elif climate.regime == TREND:
        climate.regime = CALM if to_first < 0.75 else STRESS
    else:
        climate.regime = CALM
    climate.trend = 1.0 if uniform(mixed(key, np.uint64(4))) < 0.55 else -1.0


@njit
def growth(step: float) -> float:
    """e to the power of a small step, by its series: within 1e-6 up to a step of a quarter."""
    return 1.0 + step * (1.0 + step * (0.5 + step * (1.0 / 6.0 + step * (1.0 / 24.0 + step / 120.0))))


@njit
def regime_vol(regime: int) -> float:
    """How much louder than usual a regime is."""
    return 0.8 if regime == CALM else (1.0 if regime == TREND else 1.9)


@njit
def shared_volatility(world: Any) -> float:
    """How loud all instruments are at this moment, on average 1."""
    return math.exp(world.slow_vol - SLOW_SIGMA * SLOW_SIGMA) * regime_vol(world.regime)


@njit
def factors(
    world: Any, key: Any, loud: float, gap: float, step_days: float, normals: Array, sectors: Array
) -> tuple[float, float]:
    """What a bar does to the market as a whole, within it and before its open; and to each sector."""
    drift = world.trend * TREND_DRIFT * MARKET_SIGMA * step_days if world.regime == TREND else 0.0
    bits = mixed(key, np.uint64(5))
    market = MARKET_SIGMA * loud * normals[bits & _LOW12] + drift
    for s in range(SECTOR_COUNT):
        sectors[s] = SECTOR_SIGMA * loud * normals[mixed(key, np.uint64(16 + s)) & _LOW12]
    return market, MARKET_SIGMA * gap * normals[(bits >> _S12) & _LOW12]


@njit
def make_indices(
    climate: Array,
    levels: Array,
    normals: Array,
    closes: Array,
    scale: Array,
    gap: Array,
    step_days: float,
    interval_ns: int,
    told: Array,
) -> None:
    """The sectors' indices in falling order, the market's, and what its options imply, at each close."""
    world = climate[0]
    sectors = np.empty(SECTOR_COUNT, np.float64)
    for b in range(closes.shape[0]):
        key = mixed(mixed(world.seed, np.uint64(interval_ns)), np.uint64(closes[b]))
        weather(world, key, step_days, normals)
        loud = shared_volatility(world)
        market, before = factors(world, key, scale[b] * loud, gap[b] * loud, step_days, normals, sectors)
        for s in range(SECTOR_COUNT):
            levels[SECTOR_COUNT - 1 - s] *= growth(market + before + sectors[s])
        levels[SECTOR_COUNT] *= growth(market + before)
        told[b, : SECTOR_COUNT + 1] = levels
        told[b, SECTOR_COUNT + 1] = IMPLIED * loud


@njit
def make_bars(
    climate: Array,
    state: Array,
    normals: Array,
    crowds: Array,
    closes: Array,
    scale: Array,
    gap: Array,
    share: Array,
    step_days: float,
    interval_ns: int,
    trades_a_bar: float,
    planted_ic: float,
    event_time: Array,
    instrument: Array,
    interval: Array,
    open_: Array,
    high: Array,
    low: Array,
    close: Array,
    volume: Array,
    signed_volume: Array,
    trades: Array,
    vwap: Array,
    bid: Array,
    ask: Array,
    signal: Array,
    surprise: Array,
) -> None:
    """All instruments, bar after bar; `signal` and `surprise` are the truth behind what was planted.

    `surprise` is the bar's own (idiosyncratic) return without jumps, in units of its volatility at the time;
    `signal` is the standardised imbalance of the same bar. Their product one bar apart has mean `planted_ic`.
    """
    world = climate[0]
    count = state.shape[0]
    truth = signal.shape[0] > 0
    sectors = np.empty(SECTOR_COUNT, np.float64)
    fast = math.exp(-step_days / FAST_DECAY_DAYS)
    fast_shock = math.sqrt(1.0 - fast * fast) * FAST_SIGMA
    rest = math.sqrt(1.0 - planted_ic * planted_ic)
    jump_below = int(16777216.0 * (1.0 - math.exp(-JUMPS_A_DAY * step_days)))
    row = 0
    for b in range(closes.shape[0]):
        key = mixed(mixed(world.seed, np.uint64(interval_ns)), np.uint64(closes[b]))
        weather(world, key, step_days, normals)
        shared_vol = shared_volatility(world)
        loud = scale[b] * shared_vol
        market, market_gap = factors(world, key, loud, gap[b] * shared_vol, step_days, normals, sectors)
        for i in range(count):
            one = state[i]
            bits = mixed(key, np.uint64(1024 + one.id))
            more = mixed(bits, GOLDEN)
            noise = normals[bits & _LOW12]
            imbalance = normals[(bits >> _S12) & _LOW12]
            one.log_vol = fast * one.log_vol + fast_shock * normals[(bits >> _S24) & _LOW12]
            busy = normals[(bits >> _S36) & _LOW12]
            up = abs(normals[(bits >> _S48) & _LOW12])
            down = abs(normals[more & _LOW12])
            crowd = (more >> _S12) & _LOW12
            own_vol = math.exp(one.log_vol - FAST_SIGMA * FAST_SIGMA)
            sigma = one.sigma * loud * own_vol
            own = planted_ic * one.imbalance + rest * noise
            step = one.beta * market + one.sector_beta * sectors[one.sector] + sigma * own
            wide = one.beta * MARKET_SIGMA * loud + sigma
            step -= 0.5 * wide * wide
            if int((more >> _S24) & _LOW24) < jump_below:
                step += one.sigma * JUMP_SIGMA * normals[(more >> _S48) & _LOW12] * shared_vol
            first = one.close
            if gap[b] > 0.0:
                one.price *= growth(one.beta * market_gap + one.sigma * gap[b] * own_vol * normals[crowd])
                first = max(FLOOR, int(one.price + 0.5))
            price = max(one.price * growth(step), float(FLOOR))
            one.price = price
            last = int(price + 0.5)
            reach = 0.45 * wide * price
            top = max(first, last) + int(reach * up)
            bottom = max(min(first, last) - int(reach * down), FLOOR // 2)
            count_trades = max(LEAST_TRADES, int(trades_a_bar * one.activity * (1.0 + 0.25 * busy) + 0.5))
            lots = one.volume * share[b] * own_vol * crowds[crowd]
            traded = max(8 * count_trades, int(lots))
            leaning = int(traded * min(max(IMBALANCE_SIGMA * imbalance, -0.95), 0.95) * 0.5) * 2
            traded += traded & 1
            half = max(1, int(price * one.half_bps * (0.6 + 0.4 * own_vol * shared_vol) * 1e-4 + 0.5))
            event_time[row] = closes[b]
            instrument[row] = one.id
            interval[row] = interval_ns
            open_[row] = first
            high[row] = top
            low[row] = bottom
            close[row] = last
            volume[row] = traded
            signed_volume[row] = leaning
            trades[row] = count_trades
            vwap[row] = 0.25 * float(first + top + bottom + last)
            bid[row] = last - half
            ask[row] = last + half
            if truth:
                signal[row] = imbalance
                surprise[row] = own
            one.close = last
            one.imbalance = imbalance
            row += 1


@njit
def price_at(k: int, marks: Array, values: Array) -> float:
    """The straight line through four marks of a bar, at one of its trades."""
    j = 0
    while j < 2 and k > marks[j + 1]:
        j += 1
    span = marks[j + 1] - marks[j]
    return values[j] + (values[j + 1] - values[j]) * (k - marks[j]) / max(span, 1)


@njit
def make_ticks(
    seed: Any,
    interval_ns: int,
    event_time: Array,
    instrument: Array,
    open_: Array,
    high: Array,
    low: Array,
    close: Array,
    volume: Array,
    signed_volume: Array,
    trades: Array,
    ask: Array,
    out_time: Array,
    out_instrument: Array,
    out_kind: Array,
    out_side: Array,
    out_bid: Array,
    out_ask: Array,
    out_bid_size: Array,
    out_ask_size: Array,
    out_price: Array,
    out_size: Array,
) -> None:
    """The quotes and trades of each bar: rolled up again they give back exactly these bars.

    Before each trade stands a quote around its price; trades print at the middle, so that no bounce between
    bid and ask adds a predictability that nobody planted.
    """
    marks = np.zeros(4, np.int64)
    values = np.zeros(4, np.float64)
    row = 0
    for b in range(event_time.shape[0]):
        n = int(trades[b])
        key = mixed(
            mixed(seed, np.uint64(event_time[b] ^ interval_ns)), np.uint64(1 << 40) + np.uint64(instrument[b])
        )
        begin = event_time[b] - interval_ns
        slot = interval_ns // (2 * n)
        half = ask[b] - close[b]
        one = 1 + int(uniform(mixed(key, np.uint64(1))) * (n - 2))
        two = 1 + int(uniform(mixed(key, np.uint64(2))) * (n - 3))
        two += two >= one
        marks[1], marks[2], marks[3] = min(one, two), max(one, two), n - 1
        high_first = one < two
        values[0], values[3] = open_[b], close[b]
        values[1] = high[b] if high_first else low[b]
        values[2] = low[b] if high_first else high[b]
        bought = (volume[b] + signed_volume[b]) // 2
        buys_left = min(max(int(n * bought / volume[b] + 0.5), 1), n - 1)
        sells_left = n - buys_left
        buy_lots, sell_lots = bought, volume[b] - bought
        rough = 0.15 * float(high[b] - low[b])
        for k in range(n):
            bits = mixed(key, np.uint64(16 + k))
            more = mixed(bits, GOLDEN)
            line = price_at(k, marks, values)
            if k != 0 and k != marks[1] and k != marks[2] and k != n - 1:
                line += rough * (2.0 * float((bits >> _S48) & _LOW12) / 4096.0 - 1.0)
            price = min(max(int(math.floor(line + 0.5)), low[b]), high[b])
            left = buys_left + sells_left
            is_buy = int(float(bits & _LOW24) / 16777216.0 * left) < buys_left
            spread = 0.4 + 1.2 * float((bits >> _S24) & _LOW12) / 4096.0
            if is_buy:
                size = buy_lots if buys_left == 1 else _piece(buy_lots, buys_left, spread)
                buys_left -= 1
                buy_lots -= size
            else:
                size = sell_lots if sells_left == 1 else _piece(sell_lots, sells_left, spread)
                sells_left -= 1
                sell_lots -= size
            for quote in range(2):
                place = 2 * k + quote
                late = float((more >> (_S24 * np.uint64(quote))) & _LOW24) / 16777216.0
                out_time[row] = begin + place * slot + int(late * slot)
                out_instrument[row] = instrument[b]
                out_kind[row] = 2 - quote
                out_side[row] = (1 if is_buy else -1) * quote
                out_bid[row] = price - half
                out_ask[row] = price + half
                out_bid_size[row] = shown(price, more >> _S48)
                out_ask_size[row] = shown(price, bits >> _S36)
                out_price[row] = price * quote
                out_size[row] = size * quote
                row += 1


@njit
def shown(price: int, bits: Any) -> int:
    """Lots displayed at the touch: worth 10,000 to 50,000 dollars, whatever the price."""
    return max(1, int(SHOWN * (1.0 + SHOWN_SPAN * float(bits & _LOW12) / 4096.0) / float(price)))


@njit
def _piece(lots: int, pieces: int, spread: float) -> int:
    """One trade's share of the lots that are left, so that each later trade still gets one."""
    return min(max(int(spread * lots / pieces), 1), lots - pieces + 1)
