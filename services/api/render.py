"""Rows in the client's units: money and prices as decimal text, times in UTC, large ids as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from services.api.pages import Row, Value
from services.api.resources import Resource
from shared.market import CURRENCIES, Instrument
from shared.money import decimal
from shared.orders import Action, Kind, Leg, Liquidity, Reason, Status, TimeInForce
from shared.store.tables import MICRO_SUFFIX
from shared.tables import LedgerAccount
from shared.time import iso
from shared.verdicts import Verdict

PRICES: Final = frozenset(
    {"open", "high", "low", "close", "bid", "ask", "price", "stop", "target"}
    | {"limit_price", "stop_price", "bracket_stop", "bracket_target"}
)
QUANTITIES: Final = frozenset({"quantity", "filled", "left", "volume", "signed_volume", "position"})
IDS: Final = frozenset({"order_id", "signal_id", "exec_id", "posting_id", "model", "closes"})
WORDS: Final[Mapping[str, Callable[[int], Any]]] = {
    "verdict": Verdict, "status": Status, "leg": Leg, "kind": Kind, "tif": TimeInForce, "action": Action,
    "liquidity": Liquidity, "reason": Reason, "ledger_account": LedgerAccount,
}  # fmt: skip
SIDES: Final = {1: "buy", -1: "sell", 0: "none"}


def shown(row: Row, instruments: Mapping[int, Instrument]) -> dict[str, object]:
    """One row as a client reads it."""
    terms = instruments.get(int(str(row["instrument"]))) if row.get("instrument") else None
    out: dict[str, object] = {}
    for name, value in row.items():
        out[outside(name)] = _value(name, value, terms)
    if terms is not None:
        out["symbol"] = terms.symbol
    return out


def outside(name: str) -> str:
    """The name of a column in an answer: units that the value itself shows are left out."""
    return "time" if name == "event_time_ns" else name.removesuffix(MICRO_SUFFIX)


def _value(name: str, value: Value, terms: Instrument | None) -> object:
    if not isinstance(value, int):
        return _fraction(name, value, terms)
    if name == "event_time_ns":
        return iso(value)
    if name.endswith(MICRO_SUFFIX) or name == "fee":
        return plain(decimal(value))
    if name in IDS:
        return str(value)
    return _coded(name, value, terms)


def _coded(name: str, value: int, terms: Instrument | None) -> object:
    if name in PRICES:
        return plain(value * terms.tick) if terms else str(value)
    if name in QUANTITIES:
        return plain(value * terms.lot) if terms else str(value)
    if name == "currency":
        return CURRENCIES[value] if 0 <= value < len(CURRENCIES) else str(value)
    if name == "side":
        return SIDES.get(value, str(value))
    if name in WORDS:
        return _word(name, value)
    return value


def _word(name: str, value: int) -> str:
    try:
        return str(WORDS[name](value).name).lower()
    except ValueError:
        return str(value)


def _fraction(name: str, value: Value, terms: Instrument | None) -> object:
    if name == "vwap" and isinstance(value, float) and terms:
        return value * float(terms.tick)
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, list):
        return [None if part != part else part for part in value]
    return value


def plain(value: Decimal) -> str:
    """A decimal without an exponent."""
    return f"{value:f}"


def example(resource: Resource) -> dict[str, object]:
    """A row of zeros, ones and words, for the OpenAPI document."""
    terms = {1: Instrument(instrument=1, symbol="ACME")}
    row: Row = {}
    for column in resource.declaration.columns:
        row[column.name] = [0.2, 0.5, 0.3] if column.vector else 0.5 if column.numpy.kind == "f" else 1
    row["event_time_ns"] = 1_767_277_805_000_000_000 if "event_time_ns" in row else 0
    return shown(row, terms)


def schema(resource: Resource) -> dict[str, object]:
    """The JSON schema of one row, with every column's meaning."""
    shape = {str: "string", int: "integer", float: "number", list: "array"}
    sample = example(resource)
    meanings = {outside(c.name): c.meaning.split(", in millionths")[0] for c in resource.declaration.columns}
    properties = {
        name: {"type": shape[type(value)], "description": meanings.get(name, "the instrument's symbol")}
        for name, value in sample.items()
    }
    return {"type": "object", "properties": properties}
