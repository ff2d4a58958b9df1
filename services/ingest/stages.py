"""The stage of ingest: the one source of a run's ticks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from services.ingest.config import IngestConfig
from services.ingest.cuts import WIRE_ROWS, cut
from services.ingest.fact_cuts import with_facts
from services.ingest.facts.source_recorded import RecordedFacts, ToldBeside
from services.ingest.facts.told import ToldFacts
from services.ingest.feeds.names import FEEDS, Wiring, feed_source
from services.ingest.feeds.plan import NO_KEYS, FeedKeys, FeedPlan
from services.ingest.files.options import ReadOptions
from services.ingest.live_stage import Guard, LiveStage
from services.ingest.quality.live_checks import LiveChecks
from services.ingest.quality.plan import QualityPlan
from services.ingest.source import Source
from services.ingest.source_control import Gate
from services.ingest.source_paced import PacedTape
from services.ingest.synthetic.source_synthetic import SyntheticSource
from services.ingest.tape import NO_FACTS, read_tape
from services.ingest.tape_stage import TapeStage
from shared.block import Block
from shared.engine.bus import Key
from shared.engine.context import Context
from shared.engine.plan import RunPlan
from shared.engine.readers import FEATURES as FEATURES_STAGE
from shared.engine.readers import readers_of
from shared.engine.stage import Stage
from shared.failures import Refused
from shared.lake.block_log import BlockLog
from shared.streams import BARS, FEATURES

LOG_BYTES: Final = 512 << 20
LIVE_PLAN: Final = QualityPlan()


class TapePlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recorded tape, and how it is cut."""

    path: str
    rows_per_cut: int
    read: ReadOptions = ReadOptions()
    speed: float = 0.0
    control: str = ""

    def gate(self) -> Gate | None:
        """What holds cuts back until their time has come; none at full speed."""
        return Gate(self.speed, Path(self.control) if self.control else None) if self.speed else None


class Outside(NamedTuple):
    """What a stage may know that no plan holds: keys, and whom to tell."""

    keys: FeedKeys = NO_KEYS
    say: Callable[[str], None] = print


ALONE: Final = Outside()


def stages(context: Context, outside: Outside = ALONE) -> list[Stage]:
    """One stage, whatever the source."""
    return [_stage(context, dict(context.plan.source), outside)]


def tape_stage(
    context: Context, ticks: Block, rows_per_cut: int, gate: Gate | None = None, facts: Block = NO_FACTS
) -> TapeStage:
    """Ticks and facts that are already in memory, as a stage."""
    rows = min(rows_per_cut, WIRE_ROWS)
    cuts = partial(cuts_of, context.plan, ticks, facts, rows)
    return TapeStage(cuts, rows, readers_of(context.plan), gate)


def _stage(context: Context, source: dict[str, Any], outside: Outside) -> Stage:
    kind, lake = source.pop("kind", None), source.pop("context", "")
    if kind == "tape":
        plan = msgspec.convert(source, TapePlan)
        tape = read_tape(Path(plan.path), plan.read)
        return tape_stage(context, tape.ticks, plan.rows_per_cut, plan.gate(), tape.facts)
    if kind in LIVE:
        log = BlockLog(context.data / "blocks" / context.run)
        needed = partial(_needed, context)
        made = _telling(
            context, LIVE[kind](msgspec.convert(source, IngestConfig), context.plan.partitions), lake
        )
        guard = guard_of(context, made)
        return _live(LiveStage(made, log, readers_of(context.plan), LOG_BYTES, needed, guard), context)
    if kind in FEEDS:
        log = BlockLog(context.data / "blocks" / context.run)
        feed_plan = msgspec.convert(source, FeedPlan)
        books = context.data / "lake" / f"books-{context.run}" if feed_plan.books else None
        wiring = Wiring(feed_plan, outside.keys, outside.say, books, context.metrics)
        live = feed_source(kind, wiring, context.instruments, context.plan.partitions)
        feed = _telling(context, live, lake)
        needed, guard = partial(_needed, context), guard_of(context, feed)
        return _live(LiveStage(feed, log, readers_of(context.plan), LOG_BYTES, needed, guard), context)
    raise Refused(f"source {kind!r} is not one of tape, {', '.join((*LIVE, *FEEDS))}")


def _telling(context: Context, source: Source, lake: str) -> Source:
    """The same source, which tells the facts of a lake beside its ticks if there is one."""
    if not lake:
        return source
    taken_up = ToldFacts(BlockLog(context.data / "facts" / context.run))
    return ToldBeside(source, RecordedFacts(Path(lake), source.instruments), taken_up)


def _live(stage: LiveStage, context: Context) -> LiveStage:
    """The same stage, which knows when the disk is wanted elsewhere."""
    stage.interval_ns = context.plan.interval_ns
    return stage


def guard_of(context: Context, source: Source, plan: QualityPlan = LIVE_PLAN) -> Guard:
    """The checks of a live source, and where the rows lie that it gave and nobody may trade on."""
    refused = BlockLog(context.data / "quarantine" / context.run)
    checks = LiveChecks(plan, source.instruments, context.plan.partitions)
    checks.know(context.actions)
    return Guard(checks, refused)


def _tape_at_its_pace(config: IngestConfig, partitions: int) -> PacedTape:
    if not config.tape:
        raise Refused("the tape source wants a tape: set ingest.tape, or give --tape")
    return PacedTape(read_tape(Path(config.tape)), config.pacing, partitions)


LIVE: Final[Mapping[str, Callable[[IngestConfig, int], Source]]] = {
    "synthetic": SyntheticSource,
    "paced-tape": _tape_at_its_pace,
}


def _needed(context: Context) -> int:
    """The last cut that features will not ask for again, whatever the bus has lost."""
    return min(_snapshot(context, p) for p in range(context.plan.partitions))


def _snapshot(context: Context, partition: int) -> int:
    floor = min(context.floor(Key(stream.name, partition)) for stream in (BARS, FEATURES))
    found = context.store.snapshot(context.run, FEATURES_STAGE, partition, floor)
    return found[0] if found else 0


def cuts_of(plan: RunPlan, ticks: Block, facts: Block, rows: int) -> Iterator[Sequence[Block]]:
    """A tape's cuts, with its facts if the run wants them."""
    made = cut(ticks, rows, plan.partitions)
    return with_facts(made, facts) if plan.facts else made
