"""What a desk needs before its clock starts: the market's past in the lake, and a model trained on it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET

from services.ingest.config import IngestConfig, ingest_config
from services.ingest.synthetic.market import LAW
from shared.calendars import ALWAYS, CALENDARS
from shared.config import FEEDS
from shared.facts import tells_context
from shared.failures import Refused
from shared.hours import AHEAD_DAYS, gone_on, hours_of
from shared.ids import text_hash
from shared.market import CURRENCIES, Instruments, money_of
from shared.models.registry import STARTER
from shared.settings import Settings
from shared.time import BEFORE_TAPE, DAY_NS, SECOND_NS

if TYPE_CHECKING:
    from services.inference.manifest import Manifest
    from shared.actions import ActionRow
    from shared.block import Block
    from shared.engine.plan import RunPlan
    from shared.hours import Hours
    from shared.store.contract import RunRow, Store

DONE: Final = "past.json"
BASE: Final = "base"
SHOWN: Final = 3
"""Differences that a refusal names."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The bars of a market's past, by stretch, and where they lie."""

    folder: str
    bars: dict[str, int]
    made: bool


def market_name(config: IngestConfig) -> str:
    """One market, one name: another seed, size or bar is another market with a past of its own."""
    past = (LAW, config.market, config.history, config.start_ns)
    return f"{text_hash(msgspec.json.encode(past, order='deterministic').decode()):016x}"


def history_folder(settings: Settings, data: Path) -> Path:
    """Where the past of this market lies."""
    return data / "lake" / f"market-{market_name(ingest_config(settings))}"


def model_folder(settings: Settings, data: Path) -> Path:
    """Where a model is trained or lies: a folder as it was given, or a name in the data folder."""
    given = settings.inference.model
    if given == STARTER:
        return data / "models" / STARTER / starter_name(settings)
    return Path(given) if Path(given).is_dir() else data / "models" / given


def starter_name(settings: Settings) -> str:
    """One market and vector, one model."""
    return f"{market_name(ingest_config(settings))}{'-context' if _tells_context(settings) else ''}"


def tells_facts(settings: Settings) -> bool:
    """Whether the desk's source tells facts beside its ticks."""
    return settings.ingest.source == "synthetic" or bool(len(_recorded(settings)))


def _tells_context(settings: Settings) -> bool:
    """Whether those facts are about the market, its volatility and everybody's sector."""
    return settings.ingest.source == "synthetic" or tells_context(_recorded(settings))


def _recorded(settings: Settings) -> Block:
    """The facts that lie in the lake of the context and in that of the tape."""
    from shared.block import join
    from shared.lake.parquet import read_any
    from shared.streams import FACTS

    asked = settings.ingest.context
    told = read_any(Path(asked), FACTS) if asked else FACTS.empty(watermark_ns=BEFORE_TAPE)
    if asked and not len(told):
        raise Refused(f"no facts lie in {asked}; `tapeline ingest facts --to {asked}` makes some")
    is_tape = settings.ingest.source == "tape" and settings.ingest.tape
    return join([told, read_any(Path(settings.ingest.tape), FACTS)]) if is_tape else told


def make_history(settings: Settings, data: Path) -> History:
    """Writes the market's past unless it is there already."""
    from services.ingest.synthetic.history import write_history

    folder = history_folder(settings, data)
    done = folder / DONE
    if done.exists():
        return History(folder=str(folder), bars=msgspec.json.decode(done.read_bytes()), made=False)
    bars = write_history(ingest_config(settings), folder)
    unfinished = done.with_suffix(".unfinished")
    unfinished.write_bytes(msgspec.json.encode(bars))
    unfinished.replace(done)
    return History(folder=str(folder), bars=bars, made=True)


def make_starter(settings: Settings, data: Path) -> Manifest:
    """Trains the starter model on the market's past unless today's vector has one with a profile."""
    from research.starter import train_starter
    from services.features.config import FeatureSpec
    from services.inference import manifest
    from shared.lake.parquet import read_any, read_stream
    from shared.models.seal import MANIFEST
    from shared.streams import BARS, FACTS

    folder = data / "models" / STARTER / starter_name(settings)
    interval_ns = ingest_config(settings).market.interval_ns
    spec = FeatureSpec(interval_ns=interval_ns, features=starter_vector(settings))
    if (folder / MANIFEST).exists():
        made = manifest.decode((folder / MANIFEST).read_bytes())
        if made.spec == spec.hash and made.profile is not UNSET:
            return made
    past = history_folder(settings, data)
    if not (past / DONE).exists():
        raise Refused(f"no history of this market in {past}; `tapeline ingest history` makes it")
    bars, facts = read_stream(past / BASE, BARS), read_any(past / BASE, FACTS)
    return train_starter(bars, spec, folder, settings.market.seed, facts)


def starter_vector(settings: Settings) -> tuple[str, ...]:
    """What the starter model of this desk looks at: the market too, where the source tells of it."""
    from services.features.catalogue import CONTEXT
    from services.features.catalogue import STARTER as PLAIN

    return CONTEXT if _tells_context(settings) else PLAIN


def manifests_of(folder: Path) -> list[Manifest]:
    """What the model in this folder says of itself, or each model of a set; nothing while there is none."""
    from services.inference import manifest
    from shared.models.seal import MANIFEST
    from shared.models.together import folders_of

    return [manifest.decode((each / MANIFEST).read_bytes()) for each in folders_of(folder)]


def traded_horizon(wanted: str, models: Sequence[Manifest]) -> int:
    """The horizon that books act upon: as asked for, else the shortest; 0 where there is only one."""
    from research.dataset.spans import read_span

    by_sector: dict[str, set[int]] = {}
    for model in models:
        by_sector.setdefault(model.sector, set()).add(model.horizon_ns)
    known = sorted(set().union(*by_sector.values())) if by_sector else []
    if not known or (len(known) == 1 and not wanted):
        return 0
    span = read_span(wanted) if wanted else None
    asked_ns = known[0] if span is None else span.ns or span.bars * models[0].interval_ns
    for sector, horizons in sorted(by_sector.items()):
        if asked_ns not in horizons:
            has = ", ".join(f"{ns / SECOND_NS:g} s" for ns in sorted(horizons))
            raise Refused(
                f"risk.horizon is {wanted or 'the shortest'} ({asked_ns / SECOND_NS:g} s), "
                f"the models for {sector or 'every sector'} look {has} ahead; name one that all of them have"
            )
    return asked_ns if len(known) > 1 else 0


def suggested_by(models: Sequence[Manifest]) -> dict[str, float]:
    """The thresholds of an account that trades all of these: the highest that any of them suggests."""
    names = {name for model in models for name in model.thresholds}
    return {name: max(model.thresholds.get(name, 0.0) for model in models) for name in sorted(names)}


def plan_of(settings: Settings, data: Path, model: Path | None = None, money: str = CURRENCIES[0]) -> RunPlan:
    """What every process of this desk must agree on; accounts that name no currency are in that money."""
    from shared.engine.plan import Retention, RunPlan, partitions_for

    accounts = sorted(settings.accounts.values(), key=lambda account: account.id)
    folder = model or model_folder(settings, data)
    every = manifests_of(folder)
    known = every[0] if every else None
    horizon_ns = traded_horizon(settings.risk.horizon, every)
    suggested = suggested_by([one for one in every if horizon_ns in (0, one.horizon_ns)])
    return RunPlan(
        mode=settings.engine.mode,
        interval_ns=round(settings.features.bar_s * SECOND_NS),
        accounts=tuple(account.id for account in accounts),
        source=source_of(settings),
        model=str(folder),
        risk={
            str(account.id): {**account.limits(suggested, money), "horizon_ns": horizon_ns}
            for account in accounts
        },
        venue=settings.venue.terms(),
        cash={str(account.id): str(account.starting_cash) for account in accounts},
        grace_ns=settings.engine.grace_ms * 1_000_000,
        warm=str(history_folder(settings, data) / BASE) if settings.ingest.source == "synthetic" else "",
        retention=msgspec.convert(msgspec.to_builtins(settings.retention), Retention),
        partitions=settings.engine.partitions or partitions_for(_instruments(settings), 1),
        actions=_actions(settings),
        facts=tells_facts(settings),
        features=known.features if known else starter_vector(settings),
    )


def open_run(settings: Settings, data: Path, store: Store, now_ns: int = 0) -> RunPlan:
    """Opens the desk's run, or goes on with it: its pace may change, what defines it may not.

    A live feed's sessions are known from now on.
    """
    from research.desk_model import first_model
    from shared.store.contract import RunRow

    model = first_model(settings, data, store, model_folder(settings, data))
    known = Instruments(store.instruments(settings.run)) if settings.ingest.source in FEEDS else Instruments()
    instruments = known if len(known) else traded(settings)
    _check_money(settings, instruments)
    plan = msgspec.structs.replace(
        plan_of(settings, data, model, money_of(instruments)),
        hours=_hours(settings, instruments, data, now_ns),
    )
    plan = _as_it_began(plan, settings, store)
    wanted = RunRow(
        run=settings.run,
        mode=plan.mode,
        config_hash=plan.hash,
        halted=settings.risk.kill_on_start,
        settings=plan.text(),
    )
    found = store.open_run(wanted)
    _check_same(plan, found, store)
    if found.settings != plan.text():
        store.change_settings(settings.run, plan.text(), plan.hash)
    if not len(known):
        store.save_instruments(settings.run, instruments)
    return plan


def _check_money(settings: Settings, instruments: Instruments) -> None:
    """Refuses an account that could trade nothing at all, in one line with the mend."""
    priced = sorted({row.currency for row in instruments})
    for name, account in sorted(settings.accounts.items()):
        if priced and account.currency and account.currency not in priced:
            raise Refused(
                f"account {name} is in {account.currency}, and nothing from {settings.ingest.source} is "
                f'priced in it: set accounts.{name}.currency = "{priced[0]}"'
            )


def _as_it_began(plan: RunPlan, settings: Settings, store: Store) -> RunPlan:
    """Partitions that nobody chose are those that the run has; so are its actions, and sessions so far."""
    from shared.engine.plan import RunPlan

    row = store.run(settings.run)
    if row is None:
        return plan
    begun = RunPlan.read(row.settings)
    partitions = settings.engine.partitions or begun.partitions
    hours = gone_on(begun.hours, plan.hours)
    return msgspec.structs.replace(plan, partitions=partitions, actions=begun.actions, hours=hours)


def _hours(settings: Settings, instruments: Instruments, data: Path, now_ns: int) -> tuple[Hours, ...]:
    """The sessions of what is traded: those of a tape while it runs, else as far ahead as runs know them."""
    from services.ingest.tape import read_tape

    if all(one.calendar == ALWAYS for one in instruments):
        return ()
    folder = data / CALENDARS
    if settings.ingest.source != "tape":
        return hours_of(instruments, now_ns, now_ns + AHEAD_DAYS * DAY_NS, folder)
    times = read_tape(Path(settings.ingest.tape)).ticks["event_time_ns"]
    return hours_of(instruments, int(times[0]), int(times[-1]), folder) if len(times) else ()


def _actions(settings: Settings) -> tuple[ActionRow, ...]:
    """The corporate actions that a recorded tape brings along."""
    from services.ingest.known_actions import actions_during, read_actions
    from services.ingest.tape import read_tape
    from shared.actions import rows_of

    tape = Path(settings.ingest.tape)
    if settings.ingest.source != "tape" or not settings.ingest.tape or not len(read_actions(tape)):
        return ()
    return rows_of(actions_during(tape, read_tape(tape).ticks))


def _check_same(plan: RunPlan, found: RunRow, store: Store) -> None:
    """Refuses, in one line with the mend, settings that would make another run of this one."""
    from shared.engine.plan import RunPlan

    differences = plan.differences(RunPlan.read(found.settings))
    if not differences:
        return
    told = "; ".join(differences[:SHOWN])
    more = f" and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
    raise Refused(
        f"run {found.run} has begun otherwise ({told}{more}); "
        f"--run {free_name(found.run, store)} opens a new run beside it, the settings of before go on with it"
    )


def free_name(run: str, store: Store) -> str:
    """A name like this one that no run has yet."""
    stem, known = re.sub(r"-\d+$", "", run)[:35], {row.run for row in store.runs()}
    return next(name for count in itertools.count(2) if (name := f"{stem}-{count}") not in known)


def source_of(settings: Settings) -> dict[str, object]:
    """The source's name and terms in the plan of a run; keys are no part of it."""
    from services.ingest.feeds.plan import feed_plan

    kind, lake = settings.ingest.source, settings.ingest.context
    if kind == "synthetic" and lake:
        raise Refused("the synthetic market tells facts of its own; --context is for feeds and tapes")
    beside = {"context": str(Path(lake).absolute())} if lake else {}
    if kind in FEEDS:
        return {"kind": kind, **msgspec.to_builtins(feed_plan(settings)), **beside}
    named = "paced-tape" if kind == "tape" else kind
    return {"kind": named, **msgspec.to_builtins(ingest_config(settings)), **beside}


def traded(settings: Settings) -> Instruments:
    """What the desk's source has ticks of; a live feed's vendor is asked once, when the run is opened."""
    from services.ingest.feeds.names import Wiring, feed_instruments
    from services.ingest.feeds.plan import FEEDS as NAMES
    from services.ingest.feeds.plan import feed_keys, feed_plan
    from services.ingest.synthetic.market import instruments_of
    from services.ingest.tape import read_tape

    for name in NAMES:
        if name == settings.ingest.source:
            return feed_instruments(name, Wiring(feed_plan(settings), feed_keys(settings), print))
    config = ingest_config(settings)
    if settings.ingest.source == "synthetic":
        return instruments_of(config.market)
    if not config.tape:
        raise Refused("the tape source wants a tape: set ingest.tape, or give --tape")
    return read_tape(Path(config.tape)).instruments


def _instruments(settings: Settings) -> int:
    is_feed = settings.ingest.source in FEEDS
    return len(settings.ingest.symbols) if is_feed else settings.market.symbols
