"""Stages with a bug in them, and the builds that put a stage, order or processor of one's own in the line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

import services.risk.stages as risk
import services.venue.stages as venue
from services.execution.processor import FillDesk, OrderDesk
from services.execution.stages import BookingStage, owners
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.ledger.config import LedgerConfig
from services.ledger.processor import LedgerProcessor
from services.risk.processor import RiskProcessor
from services.risk.state import Trading
from services.venue.processor import VenueProcessor
from shared.block import Block
from shared.engine.bus import Bus, Key
from shared.engine.closes import SettledCloses, StrictCloses
from shared.engine.context import Context
from shared.engine.forward import RecordingStage
from shared.engine.live_closes import LiveCloses
from shared.engine.log import Sequencer
from shared.engine.matching import StrictMatching
from shared.engine.promise import PromiseStage, StageState, read_state
from shared.engine.readers import BOOKING, LEDGER, RISK, ROUTING, VENUE
from shared.engine.readers import FEATURES as FEATURES_STAGE
from shared.engine.recompute import RecomputeStage
from shared.engine.stage import Stage, Step
from shared.processor import Processor
from shared.store.contract import Commit, Letter, StageRow, StepStore, Store
from shared.streams import (
    BARS,
    FEATURES,
    FILLS,
    ORDER_EVENTS,
    ORDERS,
    PREDICTIONS,
    REPORTS,
    TICKS,
    VENUE_ORDERS,
)
from shared.tables import LEDGER_TABLES

Wrap = Callable[[Processor], Processor]
Order = Callable[[Context, int], Sequencer]


class AckFirst(PromiseStage):
    """Moves its reading position in one transaction, and keeps what it made of the rows in the next."""

    def keep(self, store: Store) -> StepStore:
        """The record, in the wrong order."""
        return _AckFirstStore(store)


class _AckFirstStore(StepStore):
    def __init__(self, inner: StepStore) -> None:
        self._inner = inner

    def take_lease(self, run: str, name: str, holder: str) -> int:
        return self._inner.take_lease(run, name, holder)

    def stage(self, run: str, stage: str, partition: int) -> StageRow | None:
        return self._inner.stage(run, stage, partition)

    def outbox(self, run: str, stream: str, partition: int, above: int) -> Iterator[Letter]:
        return self._inner.outbox(run, stream, partition, above)

    def trim_outbox(self, run: str, stream: str, partition: int, below: int) -> None:
        self._inner.trim_outbox(run, stream, partition, below)

    def wake(self) -> None:
        """As the store behind it."""
        self._inner.wake()

    def commit(self, run: str, commits: Sequence[Commit]) -> None:
        """First how far it has read, then what came of it."""
        self._inner.commit(run, [ack for made in commits if (ack := self._ack(run, made)) is not None])
        self._inner.commit(run, commits)

    def _ack(self, run: str, made: Commit) -> Commit | None:
        row = self.stage(run, made.stage, made.partition)
        old, new = read_state(row.state if row else None), read_state(made.state)
        if row is None or old is None or new is None:
            return None
        moved = msgspec.structs.replace(old, until_ns=new.until_ns, cursors=new.cursors)
        return Commit(
            stage=made.stage, partition=made.partition, epoch=made.epoch, seq=row.seq, state=_bytes(moved)
        )


class PublishFirst(PromiseStage):
    """Says what it decided, and only then commits it."""

    _bus: Bus | None = None

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Keeps the bus at hand."""
        self._bus = bus
        return super().resume(bus, store)

    def advance(self, now_ns: int) -> Step:
        """Publishes at once."""
        step = super().advance(now_ns)
        if self._bus is not None:
            self._bus.publish(step.letters)
        return step


class EarlyDurable(PromiseStage):
    """Tells the writers that it holds what it has merely read."""

    def durable(self) -> dict[Key, int]:
        """Where it reads."""
        return self.positions()


class SnapshotOneAhead(RecomputeStage):
    """Files its snapshot under the number of the block that comes next."""

    def published(self, store: Store, now_ns: int) -> None:
        """Off by one."""
        seq, watermark_ns = self._handled
        self._handled = (seq + 1, watermark_ns)
        super().published(store, now_ns)
        self._handled = (seq, watermark_ns)


class FillsTwice(SettledCloses):
    """Takes every delivery of a fill for a new one."""

    def offer(self, key: Key, block: Block) -> None:
        """Never asks whether it has seen the block."""
        if key == self._fills_key and len(block) and block.seq <= self._trails[key].inbox.last:
            self._held.append(block)
        super().offer(key, block)


class TiesByArrival(StrictMatching):
    """A tick at the very time at which an order becomes effective goes first if it is there first."""

    def _horizon(self, beyond_ns: int) -> int:
        return super()._horizon(beyond_ns + 1)


def strict(context: Context, account: int) -> Sequencer:
    """Risk's order in a replay."""
    return StrictCloses((BARS, PREDICTIONS), context.plan.partitions, FILLS, account)


def live(context: Context, account: int) -> Sequencer:
    """Risk's order on the desk."""
    return LiveCloses((BARS, PREDICTIONS), context.plan.partitions, FILLS, account, context.plan.grace_ns)


def risk_with(kind: type[PromiseStage], order: Order) -> Callable[[Context], list[Stage]]:
    """Risk with a stage and an order of one's own; it begins every life with trading on."""

    def build(context: Context) -> list[Stage]:
        made: list[Stage] = [stage for stage in risk.stages(context) if not isinstance(stage, PromiseStage)]
        for a in context.accounts:
            config = risk.config_of(context.plan, a)
            processor = RiskProcessor(config, context.instruments, a, Trading.ON)
            made.append(kind(RISK, a, order(context, a), processor, risk.WRITES, risk.WRITES))
        return made

    return build


def venue_with(order: type[StrictMatching], own: Mapping[int, venue.Own]) -> Callable[[Context], list[Stage]]:
    """The venue with an order of one's own."""

    def build(context: Context) -> list[Stage]:
        made: list[Stage] = []
        config = venue.config_of(context.plan)
        for a in context.accounts:
            sequencer = order(a, config.latency_ns, config.interval_ns, context.plan.partitions)
            processor = VenueProcessor(config, context.instruments, a)
            stage = venue.VenueStage(VENUE, a, sequencer, processor, (REPORTS,), ())
            stage.own, stage.floor = own[a], context.floor
            made.append(stage)
        return made

    return build


def ledger_with(order: type[SettledCloses]) -> Callable[[Context], list[Stage]]:
    """The ledger with an order of one's own."""

    def build(context: Context) -> list[Stage]:
        made: list[Stage] = []
        for a in context.accounts:
            config = LedgerConfig.of(Decimal(context.plan.cash[str(a)]), context.plan.currency)
            processor = LedgerProcessor(config, context.instruments, a)
            sequencer = order((BARS,), context.plan.partitions, FILLS, a)
            made.append(PromiseStage(LEDGER, a, sequencer, processor, (), LEDGER_TABLES))
        return made

    return build


def features_with(context: Context, wrap: Wrap, kind: type[RecomputeStage] = RecomputeStage) -> list[Stage]:
    """Features with a processor or a stage of one's own."""
    spec = FeatureSpec(interval_ns=context.plan.interval_ns)
    return [
        kind(
            FEATURES_STAGE,
            Key(TICKS.name, p),
            (BARS, FEATURES),
            wrap(FeatureProcessor(spec, p)),
            context.floor,
        )
        for p in context.partitions
    ]


def booking_with(context: Context, wrap: Wrap) -> list[Stage]:
    """Execution with a booking processor of one's own."""
    made: list[Stage] = []
    for a in context.accounts:
        source = Key(ORDERS.name, a)
        made.append(RecordingStage(ROUTING, source, (VENUE_ORDERS,), OrderDesk(a), (ORDER_EVENTS,)))
        desk = wrap(FillDesk(a, owners(context)))
        reports = Key(REPORTS.name, a)
        made.append(BookingStage(BOOKING, reports, (FILLS, ORDER_EVENTS), desk, context.floor))
    return made


def _bytes(state: StageState) -> bytes:
    return msgspec.msgpack.encode(state)
