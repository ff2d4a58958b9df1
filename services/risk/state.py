"""The state of a book: one record for its cash, one record an instrument, and the plan being made."""

from __future__ import annotations

import enum
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.risk.config import RiskConfig
from shared.market import CURRENCIES, Instrument
from shared.money import micro
from shared.time import BEFORE_TAPE

Array = npt.NDArray[Any]
RANGES: Final = 14
"""Bars in the average true range."""


class Trading(enum.IntEnum):
    """The kill switch; whatever is not certainly on is off."""

    ON = 1
    HALTED = 2
    UNKNOWN = 3


def _record(*fields: tuple[str, Any] | tuple[str, Any, int]) -> np.dtype[Any]:
    return np.dtype((np.record, np.dtype(list(fields))))


def _whole(*names: str) -> list[tuple[str, Any]]:
    return [(name, np.int64) for name in names]


def _real(*names: str) -> list[tuple[str, Any]]:
    return [(name, np.float64) for name in names]


BOOK: Final = _record(
    *_whole("trading", "cash", "cash_is_known", "equity", "gross", "equity_is_known", "marks_are_fresh"),
    *_whole("close_ns", "decided_ns"),
)
POLICY: Final = _record(
    *_whole("account", "book", "strategy", "tag", "currency", "config"),
    *_whole("starting_cash", "max_order_notional", "max_data_age_ns", "canary", "horizon_ns"),
    *_real("entry_threshold", "exit_threshold", "stop_ranges", "reward_ratio"),
    *_real("risk_per_trade", "max_position", "max_gross", "min_equity"),
)
HOLDING: Final = _record(
    *_whole("instrument", "numerator", "denominator"),
    *_whole("position", "entry_id", "entry_left", "entry_side", "exit_id"),
    *_real("average_entry"),
    *_whole("bar_ns", "close", "bars", "range_sum"),
    ("ranges", np.int64, RANGES),
    *_whole("prediction_ns", "model", "notes"),
    *_real("p_sell", "p_buy"),
)
PLAN: Final = _record(
    *_whole("verdict", "side", "price", "position", "order_id", "signal_id", "model"),
    *_whole("quantity", "distance", "stop", "target", "closes", "notional"),
    *_real("probability", "threshold", "measured", "limit"),
)


class Desk(NamedTuple):
    """Everything that a decision reads and writes; the plan is one record used again and again."""

    book: Array
    policy: Array
    holdings: Array
    plan: Array


def open_desk(config: RiskConfig, instruments: list[Instrument], account: int, trading: Trading) -> Desk:
    """A book before its first bar."""
    book = np.zeros(1, BOOK)
    book["trading"] = int(trading)
    book["cash"], book["cash_is_known"] = micro(config.starting_cash), 1
    book["close_ns"] = book["decided_ns"] = BEFORE_TAPE
    return Desk(book, _policy(config, account), _holdings(instruments), np.zeros(1, PLAN))


def _policy(config: RiskConfig, account: int) -> Array:
    policy = np.zeros(1, POLICY)
    same = (
        "book", "strategy", "tag", "max_data_age_ns", "entry_threshold", "exit_threshold", "stop_ranges",
        "reward_ratio", "risk_per_trade", "max_position", "max_gross", "min_equity", "horizon_ns",
    )  # fmt: skip
    for name in same:
        policy[name] = getattr(config, name)
    policy["canary"] = int(config.trades == "canary")
    policy["account"], policy["config"] = account, config.hash
    policy["currency"] = CURRENCIES.index(config.currency)
    policy["starting_cash"] = micro(config.starting_cash)
    policy["max_order_notional"] = micro(config.max_order_notional)
    return policy


def _holdings(instruments: list[Instrument]) -> Array:
    holdings = np.zeros(len(instruments), HOLDING)
    for row, instrument in zip(holdings, instruments, strict=True):
        row["instrument"] = instrument.instrument
        row["numerator"], row["denominator"] = instrument.unit.as_integer_ratio()
        row["bar_ns"] = row["prediction_ns"] = BEFORE_TAPE
        row["p_sell"] = row["p_buy"] = np.nan
    return holdings
