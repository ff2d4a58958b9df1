"""Which of a file's columns is which of ours: by name in any case, by a synonym, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from services.ingest.files.options import ReadOptions
from shared.failures import Refused

SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "timestamp": (
        "timestamp", "event_time_ns", "event_time", "ts_event", "ts", "time", "datetime", "date_time", "date",
        "t", "sip_timestamp", "participant_timestamp",
    ),
    "symbol": ("symbol", "ticker", "sym", "instrument", "code", "ric"),
    "kind": ("kind", "type", "event_type"),
    "side": ("side", "aggressor", "aggressor_side", "taker_side"),
    "conditions": ("conditions", "condition"),
    "bid": ("bid", "bid_price", "bidprice", "bp", "best_bid", "bid_px"),
    "ask": ("ask", "ask_price", "askprice", "ap", "best_ask", "ask_px", "offer", "offer_price"),
    "bid_size": ("bid_size", "bidsize", "bs", "bid_qty", "bid_quantity", "bid_sz"),
    "ask_size": ("ask_size", "asksize", "as", "ask_qty", "ask_quantity", "ask_sz", "offer_size"),
    "price": ("price", "close", "last", "last_price", "trade_price", "px", "p", "c"),
    "size": ("size", "volume", "quantity", "qty", "amount", "vol", "last_size", "trade_size", "sz", "v", "s"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "venue_seq": ("venue_seq", "sequence", "sequence_number", "seq", "trade_id", "update_id"),
    "delta": ("bid_ask_delta", "delta", "signed_volume"),
    "profile": ("volume_profile", "profile"),
    "session": ("session",),
}  # fmt: skip
"""What each of our columns may be called; where several are there, the first name in the list counts."""
ROLES: Final = tuple(SYNONYMS)
PRICES: Final = ("bid", "ask", "price", "open", "high", "low")
SIZES: Final = ("bid_size", "ask_size", "size")
_NUMBER: Final = re.compile(r"[-+]?[0-9.]+(e[-+]?[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.I)

_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FRAME: Final = re.compile(r"[0-9]{10,19} \{")


def mapped(names: Sequence[str], options: ReadOptions, source: str) -> dict[str, int]:
    """The place of each of our columns among the file's; a file that cannot be ticks is refused."""
    plain = [_plain(name) for name in names]
    found = {name: place for place, name in reversed(list(enumerate(plain)))}
    places = {}
    for ours, theirs in options.names.items():
        if ours not in SYNONYMS:
            raise Refused(f"--map {ours}={theirs}: {ours} is none of ours; there are {', '.join(ROLES)}")
        if _plain(theirs) not in found:
            raise Refused(f"{source} has no column {theirs}; it has {shown(names)}")
        places[ours] = found[_plain(theirs)]
    for ours in ROLES:
        name = next((name for name in SYNONYMS[ours] if name in found), None)
        if ours not in places and name is not None and found[name] not in places.values():
            places[ours] = found[name]
    _refuse_unfit(places, names, options, source)
    if options.symbol:
        places.pop("symbol", None)
    return places


def shown(names: Sequence[str]) -> str:
    """A file's columns as one reads them in a refusal."""
    listed = [" ".join(name.split())[:40] for name in names]
    return ", ".join(listed[:20]) + (", …" if len(listed) > 20 else "") if any(listed) else "none"


def _refuse_unfit(places: Mapping[str, int], names: Sequence[str], options: ReadOptions, source: str) -> None:
    if names and _FRAME.match(names[0].strip()):
        raise Refused(f"{source} is a captured feed; `tapeline ingest capture {source}` takes it in")
    numbers = all(_NUMBER.fullmatch(name.strip()) or not name.strip() for name in names)
    if names and (numbers or any(_MOMENT.match(name.strip()) for name in names)):
        raise Refused(
            f"{source} starts with data; its first line must name the columns, such as timestamp,symbol,price"
        )
    mend = "say which with --map {0}=COLUMN"
    if "timestamp" not in places:
        raise Refused(f"{source} has no column timestamp; it has {shown(names)}; {mend.format('timestamp')}")
    if "symbol" not in places and not options.symbol:
        raise Refused(
            f"{source} has no column symbol; it has {shown(names)}; {mend.format('symbol')}, or --symbol NAME"
        )
    if not {"bid", "ask", "price"} & places.keys():
        raise Refused(
            f"{source} has none of the columns bid, ask and price; it has {shown(names)}; "
            + mend.format("price")
        )


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().strip('"').strip().lower())
