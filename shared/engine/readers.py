"""Who reads what: a log may be forgotten only below the slowest of these."""

from __future__ import annotations

from shared import streams as s
from shared.engine.bus import Key
from shared.engine.plan import RunPlan

FEATURES = "features"
INFERENCE = "inference"
RISK = "risk"
ROUTING = "execution.routing"
BOOKING = "execution.booking"
VENUE = "venue"
LEDGER = "ledger"
CONTROL = "control"
RECORDER = "recorder"

FACTS_KEY = Key(s.FACTS.name, 0)
"""Facts are for every partition: they travel on one log, cut as the ticks are."""

RECORDED = (s.BARS, s.FEATURES, s.PREDICTIONS)
"""What a live run keeps in Postgres of the streams that are busy."""

BY_INSTRUMENT = (s.TICKS, s.BARS, s.FEATURES, s.PREDICTIONS)


def readers_of(plan: RunPlan) -> dict[Key, frozenset[str]]:
    """The readers of every log whose reading must be durable before it is forgotten."""
    readers: dict[Key, frozenset[str]] = {}
    for p in range(plan.partitions):
        readers[Key(s.TICKS.name, p)] = frozenset({f"{FEATURES}:{p}", *_each(plan, VENUE)})
        readers[Key(s.BARS.name, p)] = frozenset({*_each(plan, RISK), *_each(plan, LEDGER)})
        readers[Key(s.FEATURES.name, p)] = frozenset({f"{INFERENCE}:{p}"})
        readers[Key(s.PREDICTIONS.name, p)] = frozenset(_each(plan, RISK))
    if plan.facts:
        readers[FACTS_KEY] = frozenset(f"{FEATURES}:{p}" for p in range(plan.partitions))
    for a in plan.accounts:
        readers[Key(s.ORDERS.name, a)] = frozenset({f"{ROUTING}:{a}"})
        readers[Key(s.VENUE_ORDERS.name, a)] = frozenset({f"{VENUE}:{a}"})
        readers[Key(s.REPORTS.name, a)] = frozenset({f"{BOOKING}:{a}"})
        readers[Key(s.FILLS.name, a)] = frozenset({f"{RISK}:{a}", f"{LEDGER}:{a}"})
    return readers if plan.mode == "strict" else _with_live_readers(readers, plan)


def _with_live_readers(readers: dict[Key, frozenset[str]], plan: RunPlan) -> dict[Key, frozenset[str]]:
    """A live run also records what the market did, and obeys commands."""
    for p in range(plan.partitions):
        for stream in RECORDED:
            key = Key(stream.name, p)
            readers[key] = readers[key] | {f"{RECORDER}:0"}
    for a in plan.accounts:
        readers[Key(s.CONTROL.name, a)] = frozenset({f"{RISK}:{a}"})
    heard = model_commands(plan)
    readers[heard] = readers[heard] | {f"{INFERENCE}:{p}" for p in range(plan.partitions)}
    return readers


def model_commands(plan: RunPlan) -> Key:
    """The one log of commands that inference hears: every account is told the same."""
    return Key(s.CONTROL.name, min(plan.accounts))


def _each(plan: RunPlan, stage: str) -> set[str]:
    return {f"{stage}:{a}" for a in plan.accounts}
