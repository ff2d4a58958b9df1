"""The default strategy on a tape: several accounts, alike but for how sure they want to be."""

from __future__ import annotations

from typing import Any, Final

from research.replay.model import replay_model
from research.replay.options import ReplayOptions
from services.features.catalogue import CONTEXT, STARTER
from services.inference.manifest import Manifest
from services.ingest.known_actions import actions_during
from services.ingest.tape import Tape
from shared.actions import rows_of
from shared.calendars import CALENDARS
from shared.engine.plan import RunPlan, partitions_for
from shared.facts import tells_context
from shared.hours import hours_of

CASH: Final = "1000000"
STEP: Final = 0.01
"""How much surer each account wants to be than the one before."""


def plan_of(options: ReplayOptions, source: dict[str, Any], tape: Tape) -> RunPlan:
    """The run that these options ask for; a tape that tells of the market is traded with what it tells."""
    facts = tells_context(tape.facts)
    features = CONTEXT if facts else STARTER
    folder, manifest = replay_model(options.data, options.interval_ns, features)
    actions = rows_of(actions_during(options.tape, tape.ticks))
    accounts = tuple(range(options.accounts))
    times = tape.ticks["event_time_ns"]
    calendars = options.data / CALENDARS
    hours = hours_of(tape.instruments, int(times[0]), int(times[-1]), calendars) if len(times) else ()
    return RunPlan(
        mode="strict",
        interval_ns=options.interval_ns,
        accounts=accounts,
        source=source,
        model=str(folder),
        risk={str(account): _risk(manifest, account) for account in accounts},
        venue={},
        cash=dict.fromkeys(map(str, accounts), CASH),
        partitions=partitions_for(len(tape.instruments), options.workers),
        actions=actions,
        facts=facts,
        features=features,
        hours=hours,
    )


def _risk(manifest: Manifest, account: int) -> dict[str, Any]:
    threshold = round(manifest.thresholds["entry"] + STEP * account, 6)
    return {
        "book": account,
        "starting_cash": CASH,
        "entry_threshold": threshold,
        "exit_threshold": threshold,
        "risk_per_trade": 0.0005,
        "max_position": 0.02,
        "max_order_notional": "10000",
    }
