"""The default strategy on a tape: several accounts, alike but for how sure they want to be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from research.replay.model import replay_model
from research.replay.options import ReplayOptions
from research.starting import manifests_of, suggested_by, traded_horizon
from services.features.catalogue import CONTEXT, STARTER
from services.inference.manifest import Manifest, decode
from services.ingest.known_actions import actions_during
from services.ingest.tape import Tape
from shared.actions import rows_of
from shared.calendars import CALENDARS
from shared.engine.plan import RunPlan, partitions_for
from shared.facts import tells_context
from shared.failures import Refused
from shared.hours import hours_of
from shared.market import money_of
from shared.models.keys import trusted_keys
from shared.models.seal import open_sealed
from shared.settings import SURE
from shared.time import SECOND_NS

CASH: Final = "1000000"
CANARY_CASH: Final = "100000"
CANARY_TAG: Final = 1
SHOWN: Final = 5
STEP: Final = 0.01
"""How much surer each account wants to be than the one before."""


def plan_of(options: ReplayOptions, source: dict[str, Any], tape: Tape) -> RunPlan:
    """The run that these options ask for; a tape that tells of the market is traded with what it tells."""
    facts = tells_context(tape.facts)
    folder, models = _models(options, CONTEXT if facts else STARTER)
    horizon_ns = traded_horizon(options.horizon, models)
    suggested = suggested_by([one for one in models if horizon_ns in (0, one.horizon_ns)])
    actions = rows_of(actions_during(options.tape, tape.ticks))
    accounts = tuple(range(options.accounts))
    times = tape.ticks["event_time_ns"]
    calendars = options.data / CALENDARS
    hours = hours_of(tape.instruments, int(times[0]), int(times[-1]), calendars) if len(times) else ()
    money = money_of(tape.instruments)
    same = {"horizon_ns": horizon_ns, "currency": money}
    risk = {str(account): {**_risk(suggested, account), **same} for account in accounts}
    cash = dict.fromkeys(map(str, accounts), CASH)
    if options.canary is not None:
        accounts = (*accounts, number := len(accounts))
        cash[str(number)] = CANARY_CASH
        risk[str(number)] = {**_canary_risk(options, models[0], number), "currency": money}
    return RunPlan(
        mode="strict",
        interval_ns=options.interval_ns,
        accounts=accounts,
        source=source,
        model=str(folder),
        risk=risk,
        venue={},
        cash=cash,
        partitions=partitions_for(len(tape.instruments), options.workers),
        actions=actions,
        facts=facts,
        features=models[0].features,
        hours=hours,
        canary=str(options.canary.absolute()) if options.canary else "",
    )


def notes_on(tape: Tape) -> tuple[str, ...]:
    """What is to be said of a tape, and of its instruments that no book of a replay can trade."""
    money = money_of(tape.instruments)
    others = [row.symbol for row in tape.instruments if row.currency != money]
    if not others:
        return tape.notes
    names = ", ".join(others[:SHOWN]) + (", …" if len(others) > SHOWN else "")
    return (
        *tape.notes,
        f"books are in {money}; {len(others)} instruments are not, and are not traded: {names}",
    )


def _models(options: ReplayOptions, features: tuple[str, ...]) -> tuple[Path, list[Manifest]]:
    """Where the traded models lie, and what they say of themselves: those asked for, else our own."""
    if options.model is None:
        folder, manifest = replay_model(options.data, options.interval_ns, features)
        return folder, [manifest]
    folder = options.model.absolute()
    models = manifests_of(folder)
    if not models:
        raise Refused(f"no model lies in {folder}; `tapeline models list` shows those that exist")
    if other := next((one for one in models if one.interval_ns != options.interval_ns), None):
        wanted, asked = other.interval_ns / SECOND_NS, options.interval_ns / SECOND_NS
        raise Refused(
            f"model {other.name} wants bars of {wanted:g} s, this replay makes some of {asked:g} s: "
            f"give --bar {wanted:g}"
        )
    return folder, models


def _risk(suggested: Mapping[str, float], account: int) -> dict[str, Any]:
    threshold = round(suggested.get("entry", SURE) + STEP * account, 6)
    return {
        "book": account,
        "starting_cash": CASH,
        "entry_threshold": threshold,
        "exit_threshold": threshold,
        "risk_per_trade": 0.0005,
        "max_position": 0.02,
        "max_order_notional": "10000",
    }


def _canary_risk(options: ReplayOptions, active: Manifest, account: int) -> dict[str, Any]:
    """The terms of the account that trades the canary: alike, but for its model, its capital and its tag."""
    folder = options.canary or Path()
    told = decode(open_sealed(folder, trusted_keys(options.data)).manifest)
    if (told.spec, told.interval_ns) != (active.spec, active.interval_ns):
        raise Refused(f"canary {told.name} wants other vectors than {active.name}, whose tape this is")
    mine = {"trades": "canary", "tag": CANARY_TAG, "starting_cash": CANARY_CASH}
    return {**_risk(told.thresholds, 0), "book": account, **mine}
