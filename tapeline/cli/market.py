"""`tapeline market`: what the line knows of the market as a whole, and which calendars are open."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tapeline.cli.options import AsJson, Bus, Config, Data, Db, Run
from tapeline.cli.outcome import DataMissing, Unreachable, give
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from services.api.market import MarketNow
    from shared.store.contract import Store

SHARES = ("volatility", "return_5", "return_20", "vix_return_5")


def market(
    data: Data = None,
    db: Db = None,
    bus: Bus = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show the market's trend, volatility, momentum, returns and VIX at the last close, and its hours."""
    import msgspec

    from tapeline.cli.models import opened

    made = session(config, data=data, db=db, bus=bus, run=run)
    with opened(made) as store:
        found = _asked(made, store)
    told: dict[str, Any] = msgspec.to_builtins(found)
    give(told, as_json=as_json, show=lambda: _show(found))


def _asked(made: Session, store: Store) -> MarketNow:
    """What the gateway answers, by the same function, off the desk's own bus and record."""
    from services.api.market import LOOK_BACK, market_now
    from shared.engine.bus import Key
    from shared.engine.plan import RunPlan
    from shared.streams import FEATURES
    from tapeline.bus import newest

    desk = made.desk()
    url = made.settings.bus or (desk.bus if desk else "")
    if not url:
        raise Unreachable(f"no desk runs on {made.data} and no --bus was given; start one with `tapeline up`")
    row = store.run(made.run)
    if row is None:
        raise DataMissing(f"the record has no run {made.run}; name another with --run")
    plan = RunPlan.read(row.settings)
    instruments = {one.instrument: one for one in store.instruments(made.run)}
    keys = [Key(FEATURES.name, partition) for partition in range(plan.partitions)]
    payloads = newest(store, url, made.run, keys, LOOK_BACK)
    return market_now(made.run, plan, instruments, payloads, time.time_ns())


def _show(found: MarketNow) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    clock = f"{found.now[:19].replace('T', ' ')} UTC, {found.day_of_week}" if found.now else "no time yet"
    console.print(Text(f"Market of run {found.run} at {clock} (the {found.clock}'s clock)", style="bold"))
    for one in found.hours:
        until = f" until {one.until[:16].replace('T', ' ')}" if one.until else ""
        console.print(f"  {one.calendar:<18} {'open' if one.open else 'closed'}{until}")
    if found.conditions is None:
        console.print(f"  no conditions: {found.missing}")
        return
    console.print(f"  at the close of {found.conditions.time[:19].replace('T', ' ')}:")
    for name in ("trend", "volatility_regime", "momentum", *SHARES[:3], "vix", "vix_return_5"):
        console.print(f"    {name.replace('_', ' '):<18} {_value(name, getattr(found.conditions, name))}")


def _value(name: str, value: float | str | None) -> str:
    if value is None:
        return "not known"
    if isinstance(value, str):
        return value
    return f"{value:.2%}" if name in SHARES else f"{value:.2f}"
