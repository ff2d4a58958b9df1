"""The tables of the record: one for each recorded stream, and those that stages and people need."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from shared import stream as streams
from shared.store.tables import KEYS, PAGED, RECORDED, is_money, sql_name, table_of

METADATA: Final = MetaData()
MONEY: Final = Numeric(26, 6)
INTEGERS: Final = {1: SmallInteger, 2: SmallInteger, 4: Integer, 8: BigInteger}


def _text(name: str, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _int(name: str, default: str | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=default)


def _big(name: str, default: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=default)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default="false")


def _id(name: str) -> Column[int]:
    return Column(name, BigInteger, Identity(always=True), nullable=False)


def _key(table: str, *columns: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint(*columns, name=f"{table}_pkey")


def _sql_type(column: streams.Column) -> TypeEngine[Any] | type[TypeEngine[Any]]:
    if column.vector:
        return ARRAY(Double)
    if is_money(column):
        return MONEY
    return Double if column.numpy.kind == "f" else INTEGERS[column.numpy.itemsize]


def _stream_table(stream: streams.Stream) -> Table:
    name = table_of(stream)
    columns = [Column(sql_name(c), _sql_type(c), nullable=False) for c in stream.columns]
    table = Table(name, METADATA, _int("run_id"), *columns)
    key = KEYS.get(stream.name)
    if key:
        table.append_constraint(_key(name, "run_id", *key))
    else:
        using = "btree" if stream.name in PAGED else "brin"
        Index(f"{name}_time", table.c.run_id, table.c.event_time_ns, postgresql_using=using)
    return table


RUNS: Final = Table(
    "runs", METADATA,
    Column("run_id", Integer, Identity(always=True), nullable=False),
    _text("run"), _text("mode"), _big("config_hash"), _int("bus_epoch", "1"),
    _flag("complete"), _flag("halted"), _text("settings", "{}"),
    _key("runs", "run_id"), Index("runs_run", "run", unique=True),
)  # fmt: skip
KILL_STATE: Final = Table(
    "kill_state", METADATA, _int("run_id"), Column("halted", Boolean, nullable=False),
    _key("kill_state", "run_id"),
)  # fmt: skip
LEASES: Final = Table(
    "leases", METADATA, _int("run_id"), _text("name"), _big("epoch"), _text("holder"),
    _key("leases", "run_id", "name"),
)  # fmt: skip
STAGES: Final = Table(
    "stages", METADATA, _int("run_id"), _text("stage"), _int("partition"), _big("seq"),
    Column("state", LargeBinary), _key("stages", "run_id", "stage", "partition"),
)  # fmt: skip
READER_CURSORS: Final = Table(
    "reader_cursors", METADATA, _int("run_id"), _text("stage"), _int("partition"), _text("stream"),
    _int("stream_partition"), _big("seq"), _big("row"),
    _key("reader_cursors", "run_id", "stage", "partition", "stream", "stream_partition"),
)  # fmt: skip
JOURNAL: Final = Table(
    "journal", METADATA, _int("run_id"), _text("stage"), _int("partition"), _big("seq"), _id("entry"),
    _bytes("payload"), _key("journal", "run_id", "stage", "partition", "seq", "entry"),
)  # fmt: skip
OUTBOX: Final = Table(
    "outbox", METADATA, _int("run_id"), _text("stream"), _int("partition"), _big("seq"), _big("prev_seq"),
    _big("watermark_ns"), _bytes("payload"), _key("outbox", "run_id", "stream", "partition", "seq"),
)  # fmt: skip
SNAPSHOTS: Final = Table(
    "snapshots", METADATA, _int("run_id"), _text("stage"), _int("partition"), _big("seq"), _bytes("sha256"),
    Column("state", LargeBinary), _key("snapshots", "run_id", "stage", "partition", "seq"),
)  # fmt: skip
DEAD_LETTERS: Final = Table(
    "dead_letters", METADATA, _id("id"), _int("run_id"), _text("stage"), _text("stream"), _int("partition"),
    _big("seq"), _text("error"), _bytes("payload"), _flag("done"), _key("dead_letters", "id"),
    Index("dead_letters_place", "run_id", "stage", "stream", "partition", "seq", unique=True),
)  # fmt: skip
INSTRUMENTS: Final = Table(
    "instruments", METADATA, _int("run_id"), _int("instrument"), _text("symbol"), _text("venue"),
    _big("valid_from_ns"), _big("valid_until_ns"), _text("asset_class"), _text("currency"),
    Column("tick", Numeric, nullable=False), Column("lot", Numeric, nullable=False),
    Column("multiplier", Numeric, nullable=False), _text("calendar"), _text("sector"),
    _key("instruments", "run_id", "instrument"), Index("instruments_symbol", "run_id", "symbol"),
)  # fmt: skip
JOBS: Final = Table(
    "jobs", METADATA, _text("job"), _text("kind"), _text("arguments"), _text("state"),
    Column("progress", Double, nullable=False), _text("message"), _text("result"), _text("worker"),
    _big("created_ns"), _big("updated_ns"), _key("jobs", "job"), Index("jobs_state", "state", "created_ns"),
)  # fmt: skip
AUDIT: Final = Table(
    "audit", METADATA, _big("entry"), _text("run"), _big("time_ns"), _text("actor"), _text("action"),
    _text("detail"), _bytes("hash"), _key("audit", "entry"),
)  # fmt: skip
API_KEYS: Final = Table(
    "api_keys", METADATA, _text("name"), _bytes("digest"), Column("scopes", ARRAY(Text), nullable=False),
    _big("created_ns"), _flag("revoked"), _key("api_keys", "name"),
)  # fmt: skip
DATA_QUALITY: Final = Table(
    "data_quality", METADATA, _text("source"), _text("symbol"), _text("day"), _big("rows"), _big("accepted"),
    _big("refused"), _big("noted"), _big("missing"), Column("complete", Double, nullable=False),
    _text("reasons"), _key("data_quality", "source", "symbol", "day"),
    Index("data_quality_day", "day", "source"),
)  # fmt: skip

FUNDAMENTALS: Final = Table(
    "fundamentals", METADATA, _text("vendor"), _text("symbol"), _text("name"), _big("as_of_ns"),
    _big("known_ns"), Column("value", Double, nullable=False),
    _key("fundamentals", "vendor", "symbol", "name", "as_of_ns", "known_ns"),
    Index("fundamentals_symbol", "symbol", "known_ns"),
)  # fmt: skip
HEADLINES: Final = Table(
    "headlines", METADATA, _text("vendor"), _text("symbol"), _text("number"), _big("time_ns"),
    _text("headline"), _text("summary"), _text("source"), _text("url"), _big("seen_ns"),
    Column("tone", Double, nullable=False), _text("scorer"), _key("headlines", "vendor", "symbol", "number"),
    Index("headlines_symbol", "symbol", "time_ns"),
)  # fmt: skip

REPLIES: Final = Table(
    "replies", METADATA, _text("caller"), _text("key"), _text("mark"), _bytes("answer"), _big("created_ns"),
    _key("replies", "caller", "key"), Index("replies_created", "created_ns"),
)  # fmt: skip

MODELS: Final = Table(
    "models", METADATA, _text("address"), _big("model"), _text("name"), _int("version"), _text("family"),
    _text("sector"), _big("horizon_ns"), _big("interval_ns"), _big("spec"), _text("stage"), _text("verdict"),
    _text("scores"), _text("lineage"), _big("trained_from_ns"), _big("trained_until_ns"), _big("created_ns"),
    _key("models", "address"), Index("models_version", "name", "version", unique=True),
    Index("models_number", "model", unique=True),
    Index(
        "models_active", "sector", "horizon_ns", unique=True, postgresql_where=text("stage = 'active'")
    ),
)  # fmt: skip
MODEL_EVENTS: Final = Table(
    "model_events", METADATA, _id("entry"), _text("address"), _big("time_ns"), _text("actor"),
    _text("before"), _text("after"), _text("why"), _text("detail"), _key("model_events", "entry"),
    Index("model_events_address", "address", "entry"),
)  # fmt: skip

MODEL_HEALTH: Final = Table(
    "model_health", METADATA, _text("run"), _big("model"), _big("from_ns"), _big("until_ns"), _text("kind"),
    _text("name"), *(Column(name, Double, nullable=False) for name in ("value", "low", "high", "usual")),
    _text("level"), _big("rows"), _big("measured_ns"),
    _key("model_health", "run", "model", "until_ns", "kind", "name"),
)  # fmt: skip

EXPLANATIONS: Final = Table(
    "explanations", METADATA, _text("run"), _big("event_time_ns"), _int("instrument"), _big("model"),
    _text("of"), *(Column(name, Double, nullable=False) for name in ("probability", "base", "rest")),
    _text("shares"), _big("made_ns"),
    _key("explanations", "run", "event_time_ns", "instrument", "model", "of"),
)  # fmt: skip

STREAM_TABLES: Final = {name: _stream_table(stream) for name, stream in RECORDED.items()}
