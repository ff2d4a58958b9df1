"""Every stream of the line, declared once: read this page and you know what travels."""

from typing import Final

import numpy as np

from shared.stream import Column, Stream, Wire

PARTITIONS: Final = 8
"""Partitions of every stream keyed by instrument: fixed for a run, whatever the number of workers."""

TIME = Column("event_time_ns", np.int64, "when it happened, nanoseconds since 1970 UTC")
INSTRUMENT = Column("instrument", np.int32, "instrument id")
ACCOUNT = Column("account", np.int32, "whose money")
BOOK = Column("book", np.int32, "the book inside the account that limits apply to")
STRATEGY = Column("strategy", np.int32, "whose idea")
TAG = Column("tag", np.int32, "a label for profit and loss, such as base or canary")
CURRENCY = Column("currency", np.int32, "currency id of every price and amount in the row")
SIDE = Column("side", np.int8, "1 buy, -1 sell")
ORDER_ID = Column("order_id", np.int64, "derived from (book, strategy, instrument, time, leg); our client id")

OWNER = (ACCOUNT, BOOK, STRATEGY, TAG, CURRENCY)

TICKS: Final = Stream(
    "ticks",
    key="instrument",
    wire=Wire.COLUMNS,
    columns=(
        TIME,
        INSTRUMENT,
        Column("kind", np.int8, "1 trade, 2 quote, 3 bar"),
        Column("side", np.int8, "aggressor of a trade: 1 buyer, -1 seller, 0 unknown"),
        Column("conditions", np.int32, "bits of sale conditions, 0 for a regular trade"),
        Column("bid", np.int64, "best bid in price ticks, 0 if none"),
        Column("ask", np.int64, "best ask in price ticks, 0 if none"),
        Column("bid_size", np.int64, "lots at the best bid"),
        Column("ask_size", np.int64, "lots at the best ask"),
        Column("price", np.int64, "last trade (close of a bar) in price ticks, 0 for a quote"),
        Column("size", np.int64, "lots traded, 0 for a quote"),
        Column("open", np.int64, "open of a bar in price ticks, else 0"),
        Column("high", np.int64, "high of a bar in price ticks, else 0"),
        Column("low", np.int64, "low of a bar in price ticks, else 0"),
        Column("venue_seq", np.int64, "the venue's own sequence number, 0 if it has none"),
        Column("received_ns", np.int64, "wall clock at ingest, 0 in a replay", digest=False),
    ),
)

BOOK_DELTAS: Final = Stream(
    "book_deltas",
    key="instrument",
    wire=Wire.COLUMNS,
    columns=(
        TIME,
        INSTRUMENT,
        Column("side", np.int8, "1 bid, -1 ask"),
        Column("price", np.int64, "level in price ticks"),
        Column("size", np.int64, "lots now resting there, 0 removes the level"),
        Column("venue_seq", np.int64, "the venue's update id"),
        Column("snapshot", np.int8, "1 if the row belongs to a full picture of the book"),
    ),
)

CORPORATE_ACTIONS: Final = Stream(
    "corporate_actions",
    key="instrument",
    wire=Wire.ROWS,
    columns=(
        TIME,
        INSTRUMENT,
        Column("action", np.int8, "1 split, 2 cash dividend, 3 rename, 4 delisting"),
        Column("numerator", np.int64, "new shares for a split"),
        Column("denominator", np.int64, "old shares for a split"),
        Column("amount", np.int64, "cash a lot, in millionths of the currency"),
        Column("as_of_ns", np.int64, "when it became known"),
    ),
)

FACTS: Final = Stream(
    "facts",
    key="all",
    wire=Wire.COLUMNS,
    columns=(
        Column("event_time_ns", np.int64, "from when on it was known; never before that"),
        Column("instrument", np.int32, "whom it is about: an instrument, 0 the market, below 0 a sector"),
        Column("field", np.int16, "what it is, from the closed list in shared/facts.py"),
        Column("value", np.float64, "what it is from then on, or what was told at that time"),
    ),
    order=("event_time_ns", "instrument", "field"),
)

QUARANTINE: Final = Stream(
    "quarantine",
    key="instrument",
    wire=Wire.ROWS,
    columns=(
        TIME,
        INSTRUMENT,
        Column("reason", np.int16, "why the tick was refused, from the documented list"),
        Column("price", np.int64, "the price it carried"),
        Column("size", np.int64, "the size it carried"),
        Column("venue_seq", np.int64, "the venue's own sequence number"),
    ),
)

BARS: Final = Stream(
    "bars",
    key="instrument",
    wire=Wire.COLUMNS,
    columns=(
        Column("event_time_ns", np.int64, "the bar's close; a bar holds [close - interval, close)"),
        INSTRUMENT,
        Column("interval_ns", np.int64, "length of the bar"),
        Column("open", np.int64, "first price in price ticks"),
        Column("high", np.int64, "highest price"),
        Column("low", np.int64, "lowest price"),
        Column("close", np.int64, "last price"),
        Column("volume", np.int64, "lots traded"),
        Column("signed_volume", np.int64, "lots bought less lots sold by the aggressor"),
        Column("trades", np.int32, "number of trades"),
        Column("vwap", np.float64, "volume-weighted price in price ticks; the close if nothing traded"),
        Column("bid", np.int64, "best bid at the close, 0 if none"),
        Column("ask", np.int64, "best ask at the close, 0 if none"),
    ),
)

FEATURES: Final = Stream(
    "features",
    key="instrument",
    wire=Wire.COLUMNS,
    columns=(
        TIME,
        INSTRUMENT,
        Column("spec", np.int64, "hash of the feature specification that made the vector"),
        Column("values", np.float64, "the vector, NaN until a feature is warm", vector=True, nan=True),
    ),
)

PREDICTIONS: Final = Stream(
    "predictions",
    key="instrument",
    wire=Wire.COLUMNS,
    columns=(
        TIME,
        INSTRUMENT,
        Column("model", np.int64, "hash of the model's manifest"),
        Column("horizon_ns", np.int64, "how far ahead the label looks"),
        Column("flags", np.int32, "bits: 1 not warm, 2 outlier, 4 shadow, 8 canary"),
        Column("probabilities", np.float64, "sell, hold, buy", vector=True, nan=True),
    ),
)

SHADOW: Final = 4
"""The bit of a prediction that the desk's own books do not trade."""
CANARY: Final = 8
"""The bit, beside a shadow's, of the one that books for canaries trade, with capital of their own."""

CONTROL: Final = Stream(
    "control",
    key="account",
    wire=Wire.ROWS,
    columns=(
        TIME,
        ACCOUNT,
        Column("command", np.int16, "1 halt, 2 resume, 3 new limits, 4 new model"),
        Column("argument", np.int64, "hash of what takes effect, 0 if none"),
        Column("actor", np.int64, "hash of the key or person that asked"),
    ),
    order=("event_time_ns", "account"),
    money=True,
)

VERDICTS: Final = Stream(
    "verdicts",
    key="account",
    wire=Wire.ROWS,
    columns=(
        TIME,
        *OWNER,
        INSTRUMENT,
        Column("verdict", np.int16, "the one outcome of this decision point, from the closed list"),
        Column("side", np.int8, "what the prediction wanted: 1 buy, -1 sell, 0 nothing"),
        Column("probability", np.float64, "probability of that side", nan=True),
        Column("threshold", np.float64, "what it had to reach"),
        Column("price", np.int64, "close of the bar in price ticks, 0 if there was none"),
        Column("position", np.int64, "lots held before the decision"),
        Column("order_id", np.int64, "the order it led to, 0 if none"),
        Column("model", np.int64, "hash of the model's manifest, 0 if there was no prediction"),
        Column("measured", np.float64, "the number that the deciding check measured", nan=True),
        Column("limit", np.float64, "the limit it was held against", nan=True),
    ),
    money=True,
)

SIGNALS: Final = Stream(
    "signals",
    key="account",
    wire=Wire.ROWS,
    columns=(
        TIME,
        *OWNER,
        INSTRUMENT,
        Column("signal_id", np.int64, "derived; the same signal has the same id in every replay"),
        SIDE,
        Column("probability", np.float64, "probability of that side"),
        Column("price", np.int64, "close of the bar in price ticks"),
        Column("stop", np.int64, "protective stop in price ticks, 0 for an exit"),
        Column("target", np.int64, "profit target in price ticks, 0 for an exit"),
        Column("quantity", np.int64, "lots"),
    ),
    money=True,
)

ORDERS: Final = Stream(
    "orders",
    key="account",
    wire=Wire.ROWS,
    columns=(
        TIME,
        *OWNER,
        INSTRUMENT,
        ORDER_ID,
        Column("signal_id", np.int64, "the signal it serves"),
        Column("action", np.int8, "1 place, 2 cancel, 3 replace the bracket's stop"),
        SIDE,
        Column("kind", np.int8, "1 market, 2 limit, 3 stop"),
        Column("tif", np.int8, "1 good till cancelled, 2 immediate or cancel"),
        Column("quantity", np.int64, "lots"),
        Column("limit_price", np.int64, "price ticks, 0 if none"),
        Column("stop_price", np.int64, "trigger in price ticks, 0 if none"),
        Column("bracket_stop", np.int64, "protective stop that rests once the entry fills, 0 if none"),
        Column("bracket_target", np.int64, "profit target that rests once the entry fills, 0 if none"),
        Column("closes", np.int64, "entry it ends: that bracket's legs go, what it holds is traded", since=2),
    ),
    order=("event_time_ns", "instrument", "order_id"),
    money=True,
)

VENUE_ORDERS: Final = Stream(
    "venue_orders",
    key="account",
    wire=Wire.ROWS,
    columns=tuple(c for c in ORDERS.columns if c.name not in {"book", "strategy", "tag", "signal_id"}),
    order=ORDERS.order,
    money=True,
)

REPORTS: Final = Stream(
    "reports",
    key="account",
    wire=Wire.ROWS,
    columns=(
        TIME,
        ACCOUNT,
        CURRENCY,
        INSTRUMENT,
        ORDER_ID,
        Column("leg", np.int8, "0 the order itself, 1 its protective stop, 2 its target"),
        Column("status", np.int8, "the leg's state after this report (see shared/orders.py)"),
        Column("exec_id", np.int64, "the venue's execution id, 0 if nothing traded"),
        SIDE,
        Column("quantity", np.int64, "lots of this execution"),
        Column("price", np.int64, "price ticks of this execution"),
        Column("fee", np.int64, "millionths of the currency, positive is paid"),
        Column("filled", np.int64, "lots filled so far on this leg"),
        Column("left", np.int64, "lots still working on this leg"),
        Column("liquidity", np.int8, "1 took, 2 made, 0 nothing traded"),
        Column("reason", np.int16, "why it was rejected, cancelled or expired, 0 if not"),
    ),
    order=("event_time_ns", "instrument", "order_id", "leg"),
    money=True,
)

FILLS: Final = Stream(
    "fills",
    key="account",
    wire=Wire.ROWS,
    columns=(
        TIME,
        *OWNER,
        INSTRUMENT,
        ORDER_ID,
        Column("leg", np.int8, "0 the order itself, 1 its protective stop, 2 its target"),
        Column("exec_id", np.int64, "the venue's execution id, 0 where the order ended without trading"),
        SIDE,
        Column("quantity", np.int64, "lots; 0 ends the order: what was left of it will never fill"),
        Column("price", np.int64, "price ticks"),
        Column("fee", np.int64, "millionths of the currency, positive is paid"),
        Column("liquidity", np.int8, "1 took, 2 made"),
        Column("left", np.int64, "lots still working on this leg"),
    ),
    order=("event_time_ns", "instrument", "order_id", "leg"),
    money=True,
)

ORDER_EVENTS: Final = Stream(
    "order_events",
    key="account",
    wire=Wire.ROWS,
    columns=(
        TIME,
        ACCOUNT,
        INSTRUMENT,
        ORDER_ID,
        Column("leg", np.int8, "0 the order itself, 1 its protective stop, 2 its target"),
        Column("status", np.int8, "the leg's state from now on (see shared/orders.py)"),
        Column("filled", np.int64, "lots filled so far"),
        Column("left", np.int64, "lots still working"),
        Column("reason", np.int16, "why it was rejected, cancelled or expired, 0 if not"),
    ),
    order=("event_time_ns", "instrument", "order_id", "leg"),
    money=True,
)

ALL: Final = (
    TICKS, BOOK_DELTAS, CORPORATE_ACTIONS, FACTS, QUARANTINE, BARS, FEATURES, PREDICTIONS, CONTROL,
    VERDICTS, SIGNALS, ORDERS, VENUE_ORDERS, REPORTS, FILLS, ORDER_EVENTS,
)  # fmt: skip
BY_NAME: Final = {stream.name: stream for stream in ALL}

BAR_DETAILS: Final = Stream(
    "bar_details",
    key="instrument",
    wire=Wire.COLUMNS,
    columns=(
        TIME,
        INSTRUMENT,
        Column("delta", np.int64, "lots traded at the ask less lots traded at the bid"),
        Column("session", np.int8, "1 regular hours, 2 extended hours, 3 another session, 0 not said"),
    ),
)

VOLUME_PROFILE: Final = Stream(
    "volume_profile",
    key="instrument",
    wire=Wire.COLUMNS,
    columns=(
        TIME,
        INSTRUMENT,
        Column("price", np.int64, "level in price ticks"),
        Column("volume", np.int64, "lots traded at that level within the bar"),
    ),
)

LAKE_ONLY: Final = {stream.name: stream for stream in (BAR_DETAILS, VOLUME_PROFILE)}
"""What files say beside ticks: recorded beside them, by the same times, and on no bus."""
