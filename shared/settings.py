"""Every setting of Tapeline with its default, bounds and meaning: this page is the reference."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

SECRET: Final = {"secret": True}

Port = Annotated[int, Meta(ge=0, le=65_535)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]
Count = Annotated[int, Meta(ge=1)]
Natural = Annotated[int, Meta(ge=0)]
Days = Annotated[float, Meta(ge=0.0)]

SURE: Final = 0.45
"""The threshold of an account whose model suggests none."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of tapeline.toml."""


class Engine(_Section, frozen=True, kw_only=True):
    """How blocks move between services."""

    mode: Annotated[
        Literal["live", "strict"],
        Meta(description="live merges by arrival with a grace; strict merges by event time"),
    ] = "live"
    block_rows: Annotated[Count, Meta(description="most rows in one block of ticks")] = 1024
    partitions: Annotated[
        Natural,
        Meta(description="logs by instrument, fixed for a run; 0: as few as the instruments need"),
    ] = 0
    linger_ms: Annotated[Positive, Meta(description="longest wait for a block to fill, milliseconds")] = 2.0
    grace_ms: Annotated[
        Natural,
        Meta(description="live: longest wait for a bar that others already have, milliseconds"),
    ] = 1_000
    snapshot_every: Annotated[Count, Meta(description="blocks between two durable snapshots")] = 256
    retention_blocks: Annotated[
        Count,
        Meta(description="most blocks a bus stream holds before the source slows"),
    ] = 4096
    dead_letter_cap: Annotated[Count, Meta(description="dead letters after which a service stops")] = 100


class Worker(_Section, frozen=True, kw_only=True):
    """Which share of a service's partitions this process takes."""

    index: Annotated[Natural, Meta(description="this worker, counted from 0")] = 0
    count: Annotated[Count, Meta(description="workers of this service")] = 1


class Market(_Section, frozen=True, kw_only=True):
    """The synthetic market."""

    seed: Annotated[Natural, Meta(description="seed of every random number of the market")] = 7
    symbols: Annotated[int, Meta(ge=1, le=5000, description="instruments in the market")] = 50
    speed: Annotated[Positive, Meta(description="market seconds per real second")] = 1.0
    history_days: Annotated[
        Natural, Meta(description="days of minute history generated before the start")
    ] = 20


class Ingest(_Section, frozen=True, kw_only=True):
    """Where ticks come from."""

    source: Annotated[
        Literal["synthetic", "tape", "binance", "coinbase", "alpaca", "polygon"],
        Meta(description="what is played into the line"),
    ] = "synthetic"
    tape: Annotated[str, Meta(description="folder or file of recorded ticks, for the tape source")] = ""
    context: Annotated[
        str, Meta(description="lake whose recorded facts are told beside a live feed's or a tape's ticks")
    ] = ""
    symbols: Annotated[
        tuple[str, ...],
        Meta(description="what a live feed is asked for, in the vendor's names, such as BTCUSDT"),
    ] = ()
    feed_url: Annotated[str, Meta(description="address of the live feed; empty: the vendor's own")] = ""
    rest_url: Annotated[str, Meta(description="address of the vendor's requests; empty: its own")] = ""
    lateness_ms: Annotated[
        Natural,
        Meta(description="how late a tick may come and still be put in order; 0: as the source needs"),
    ] = 0
    books: Annotated[
        bool, Meta(description="record the changes of a live feed's books in the lake, day after day")
    ] = False
    cache: Annotated[
        str, Meta(description="folder of what vendors said; empty: cache in the data folder")
    ] = ""
    log_mb: Annotated[Count, Meta(description="disk that the block log may take, megabytes")] = 512


class Keys(_Section, frozen=True, kw_only=True):
    """Keys of vendors; none is needed for Binance, Coinbase, Yahoo and files."""

    alpaca_key: Annotated[str, Meta(description="Alpaca's key id", extra=SECRET)] = ""
    alpaca_secret: Annotated[str, Meta(description="Alpaca's secret key", extra=SECRET)] = ""
    polygon: Annotated[str, Meta(description="key of Polygon, now Massive", extra=SECRET)] = ""
    finnhub: Annotated[str, Meta(description="Finnhub's key", extra=SECRET)] = ""


class Features(_Section, frozen=True, kw_only=True):
    """Bars and feature vectors."""

    bar_s: Annotated[Positive, Meta(description="length of a bar, seconds")] = 5.0


class Inference(_Section, frozen=True, kw_only=True):
    """Which model predicts."""

    model: Annotated[str, Meta(description="model name in the registry, or a folder with a manifest")] = (
        "starter"
    )
    public_keys: Annotated[
        tuple[str, ...],
        Meta(description="keys, 64 hexadecimal digits each, whose signatures are trusted beside our own"),
    ] = ()
    promotion: Annotated[
        Literal["person", "better"],
        Meta(description="who may promote: a person, or the policy that a surely better model may by itself"),
    ] = "person"


class Watch(_Section, frozen=True, kw_only=True):
    """How often somebody looks after the models of a live run."""

    every_s: Annotated[
        float, Meta(ge=0.0, description="seconds between two looks at drift and health, 0: never")
    ] = 300.0
    explain_s: Annotated[
        float, Meta(ge=0.0, description="seconds between two explanations of what was ordered, 0: never")
    ] = 60.0


class Account(_Section, frozen=True, kw_only=True):
    """One account: its money, its entry and exit policy, its limits."""

    id: Annotated[Natural, Meta(description="account number, the partition of its streams")] = 0
    starting_cash: Annotated[Decimal, Meta(description="cash at the start of a run")] = Decimal(1_000_000)
    currency: Annotated[str, Meta(description="currency of the account; empty: what is traded")] = ""
    book: Annotated[Natural, Meta(description="book that the limits apply to")] = 0
    strategy: Annotated[Natural, Meta(description="strategy number on every order")] = 0
    tag: Annotated[Natural, Meta(description="label for profit and loss")] = 0
    trades: Annotated[
        Literal["active", "canary"],
        Meta(description="whose predictions it acts upon; a canary's account has capital of its own"),
    ] = "active"
    entry_threshold: Annotated[
        Share, Meta(description="probability that opens a position, 0: as the model suggests")
    ] = 0.0
    exit_threshold: Annotated[
        Share, Meta(description="opposite probability that closes it, 0: as the model suggests")
    ] = 0.0
    stop_ranges: Annotated[Positive, Meta(description="distance of the stop in average true ranges")] = 2.0
    reward_ratio: Annotated[
        Positive, Meta(description="distance of the target, in distances of the stop")
    ] = 1.5
    risk_per_trade: Annotated[Share, Meta(description="share of equity lost at the stop")] = 0.0005
    max_position: Annotated[Positive, Meta(description="largest position as a multiple of equity")] = 0.02
    max_gross: Annotated[Positive, Meta(description="largest gross exposure as a multiple of equity")] = 2.0
    max_order_notional: Annotated[Decimal, Meta(description="largest single order, in money")] = Decimal(
        10_000
    )
    min_equity: Annotated[
        Share, Meta(description="share of the starting cash below which nothing is opened")
    ] = 0.5
    max_data_age_s: Annotated[Positive, Meta(description="oldest price that a decision may use, seconds")] = (
        3600.0
    )

    def limits(self, suggested: Mapping[str, float], money: str) -> dict[str, Any]:
        """The same in the words of risk; the model suggests the thresholds that were not chosen, the market
        the money."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        del told["id"]
        told["currency"] = self.currency or money
        entry = suggested.get("entry", SURE)
        told["entry_threshold"] = self.entry_threshold or entry
        told["exit_threshold"] = self.exit_threshold or suggested.get("exit", told["entry_threshold"])
        told["max_data_age_ns"] = round(told.pop("max_data_age_s") * 1e9)
        return told


class Risk(_Section, frozen=True, kw_only=True):
    """What every account obeys."""

    horizon: Annotated[
        str,
        Meta(description="the horizon that is traded where models have several, as 2d; empty: the shortest"),
    ] = ""

    kill_on_start: Annotated[bool, Meta(description="start halted and wait for `tapeline risk resume`")] = (
        False
    )


class Venue(_Section, frozen=True, kw_only=True):
    """The paper exchange: what trading costs and how long an order travels."""

    latency_ms: Annotated[
        Positive, Meta(description="from a decision to the order's effect, milliseconds")
    ] = 50.0
    commission_bps: Annotated[Decimal, Meta(description="commission on what is traded, basis points")] = (
        Decimal("0.5")
    )
    commission_per_lot: Annotated[Decimal, Meta(description="commission on every lot traded")] = Decimal(0)
    half_spread_ticks: Annotated[
        Natural, Meta(description="distance from the last price to either side where a tape has no quotes")
    ] = 1
    slippage_ticks: Annotated[Natural, Meta(description="price ticks lost on every market order")] = 0
    slippage_bps: Annotated[Decimal, Meta(description="share of the price lost, basis points")] = Decimal(0)
    participation: Annotated[
        Decimal, Meta(description="share of the displayed size that we may take, above 0 and at most 1")
    ] = Decimal(1)
    most_lots: Annotated[Count, Meta(description="largest order that the exchange takes, lots")] = 1 << 52

    def terms(self) -> dict[str, Any]:
        """The same in the words of the venue."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        told["latency_ns"] = round(told.pop("latency_ms") * 1e6)
        return told


class Retention(_Section, frozen=True, kw_only=True):
    """How long Postgres keeps what is busy, by the market's clock; orders, fills and books stay for ever."""

    bars_days: Annotated[Days, Meta(description="days of bars, 0: for ever")] = 7.0
    predictions_days: Annotated[Days, Meta(description="days of predictions, 0: for ever")] = 7.0
    features_days: Annotated[Days, Meta(description="days of feature vectors, 0: for ever")] = 1.0
    verdicts_days: Annotated[Days, Meta(description="days of verdicts, 0: for ever")] = 0.0
    journal_days: Annotated[
        Days, Meta(description="days that a live desk can repeat from its journals, 0: for ever")
    ] = 30.0


class Api(_Section, frozen=True, kw_only=True):
    """The gateway."""

    host: Annotated[str, Meta(description="address to listen on; loopback unless you mean it")] = "127.0.0.1"
    port: Annotated[Port, Meta(description="port to listen on, 0 picks a free one")] = 8420
    key: Annotated[
        str,
        Meta(
            description="key of the first client; made and shown once if empty",
            extra=SECRET,
        ),
    ] = ""


class Log(_Section, frozen=True, kw_only=True):
    """What a service says."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="least severe event that is shown"),
    ] = "info"
    format: Annotated[Literal["json", "text"], Meta(description="json for machines, text for people")] = (
        "json"
    )


class Settings(_Section, frozen=True, kw_only=True):
    """Everything that can be set, checked and frozen."""

    run: Annotated[
        str,
        Meta(
            pattern="^[a-z0-9][a-z0-9_-]{0,39}$",
            description="name of the run: a namespace on the bus and in Postgres",
        ),
    ] = "desk"
    bus: Annotated[
        str,
        Meta(
            description="redis://… or unix://…; empty: `tapeline up` starts its own Redis",
            extra=SECRET,
        ),
    ] = ""
    db: Annotated[
        str,
        Meta(
            description="postgresql://…; empty: `tapeline up` starts its own Postgres",
            extra=SECRET,
        ),
    ] = ""
    data: Annotated[str, Meta(description="data folder; empty: the platform's own place for data")] = ""
    health_port: Annotated[
        Port, Meta(description="loopback port of /healthz /readyz /metrics, 0 for none")
    ] = 0
    health_host: Annotated[
        str, Meta(description="address of the health port; loopback unless a container publishes it")
    ] = "127.0.0.1"
    engine: Engine = Engine()
    worker: Worker = Worker()
    market: Market = Market()
    ingest: Ingest = Ingest()
    keys: Keys = Keys()
    features: Features = Features()
    inference: Inference = Inference()
    watch: Watch = Watch()
    risk: Risk = Risk()
    accounts: dict[str, Account] = msgspec.field(default_factory=lambda: {"main": Account()})
    venue: Venue = Venue()
    retention: Retention = Retention()
    api: Api = Api()
    log: Log = Log()
