"""`tapeline actions`: the splits and dividends that a run knows of, and one more while it lives."""

from __future__ import annotations

import datetime as dt
import re
import time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from tapeline.cli.options import AsJson, Bus, Config, Data, Db, Run
from tapeline.cli.outcome import DataMissing, Unreachable, give
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from shared.actions import ActionRow
    from shared.market import Instrument
    from shared.store.postgres import PostgresStore

app = typer.Typer(no_args_is_help=True, help="Splits and dividends that a run knows of.")
SHARES = "XNYS"

Symbol = Annotated[str, typer.Argument(help="A symbol of the run.")]
Split = Annotated[str, typer.Option(help="New shares for old ones: 7:1.", show_default=False)]
Dividend = Annotated[str, typer.Option(help="Cash a lot, in the symbol's currency.", show_default=False)]
On = Annotated[
    str, typer.Option(help="When it takes effect: 2026-01-06T14:30:00Z, or a day for its midnight there.")
]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the audit trail.")]


@app.command("list")
def list_actions(
    data: Data = None, db: Db = None, run: Run = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Show every action that the run knows of."""
    from shared.engine.plan import RunPlan
    from tapeline.cli.tables import show

    made = session(config, data=data, db=db, run=run)
    store = _store(made)
    try:
        found = store.run(made.run)
        names = {row.instrument: row.symbol for row in store.instruments(made.run)}
    finally:
        store.close()
    if found is None:
        raise DataMissing(f"the record has no run {made.run}; name another with --run")
    told = [_told(row, names) for row in RunPlan.read(found.settings).actions]
    columns = ("time", "symbol", "action", "terms")
    empty = "The run knows of no split and no dividend."
    give(
        told, as_json=as_json, show=lambda: show(columns, [tuple(row.values()) for row in told], empty=empty)
    )


@app.command()
def add(
    symbol: Symbol,
    on: On,
    split: Split = "",
    dividend: Dividend = "",
    why: Why = "",
    data: Data = None,
    bus: Bus = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Tell a running desk of a split or a dividend to come; every service goes on knowing it."""
    import getpass

    import msgspec

    from shared.engine.announcing import announce
    from shared.store.rows import AuditRow

    made = session(config, data=data, db=db, bus=bus, run=run)
    desk = made.desk()
    url = made.settings.bus or (desk.bus if desk else "")
    if not url:
        raise Unreachable(f"no desk runs on {made.data} and no --bus was given; start one with `tapeline up`")
    store = _store(made)
    try:
        instrument = next((row for row in store.instruments(made.run) if row.symbol == symbol), None)
        if instrument is None:
            raise DataMissing(f"run {made.run} trades no {symbol}")
        row = action_of(instrument, on, split, dividend)
        announce(store, url, made.run, [row])
        detail = msgspec.json.encode({**row._asdict(), "why": why}).decode()
        actor = getpass.getuser()
        store.audit(
            AuditRow(
                run=made.run, time_ns=time.time_ns(), actor=actor, action="corporate_action", detail=detail
            )
        )
    finally:
        store.close()
    told = _told(row, {instrument.instrument: symbol})
    said = f"Run {made.run} knows: {told['action']} of {symbol}, {told['terms']}, from {told['time']} on."
    give(told, as_json=as_json, show=lambda: typer.echo(said))


def action_of(instrument: Instrument, on: str, split: str, dividend: str) -> ActionRow:
    """What the options say, as a row of the plan."""
    from shared.actions import Action, ActionRow
    from shared.money import MICRO

    if bool(split) == bool(dividend):
        raise typer.BadParameter("give one of --split 7:1 and --dividend 0.82", param_hint="--split")
    time_ns = _time_ns(on, instrument)
    if split:
        ratio = re.fullmatch(r"([1-9]\d{0,6}):([1-9]\d{0,6})", split)
        if ratio is None:
            raise typer.BadParameter(f"{split} is no ratio such as 7:1", param_hint="--split")
        return ActionRow(time_ns, instrument.instrument, int(Action.SPLIT), int(ratio[1]), int(ratio[2]))
    try:
        amount = Decimal(dividend) * MICRO
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0 or amount != int(amount):
        raise typer.BadParameter(f"{dividend} is no amount such as 0.82", param_hint="--dividend")
    return ActionRow(time_ns, instrument.instrument, int(Action.CASH_DIVIDEND), amount=int(amount))


def _time_ns(on: str, instrument: Instrument) -> int:
    from services.ingest.files.stamp_text import rfc3339_ns
    from shared.failures import BadInput
    from shared.time import SECOND_NS

    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", on):
            zone = ZoneInfo("America/New_York") if instrument.calendar == SHARES else dt.UTC
            midnight = dt.datetime.combine(dt.date.fromisoformat(on), dt.time(), zone)
            return int(midnight.timestamp()) * SECOND_NS
        return rfc3339_ns(on)
    except (BadInput, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--on") from None


def _told(row: ActionRow, names: dict[int, str]) -> dict[str, str]:
    from shared.actions import Action
    from shared.money import MICRO
    from shared.time import iso

    kind = Action(row.action)
    terms = f"{row.numerator}:{row.denominator}" if kind == Action.SPLIT else ""
    if kind == Action.CASH_DIVIDEND:
        terms = f"{Decimal(row.amount) / MICRO:f} a lot"
    name = kind.name.lower().replace("_", " ")
    symbol = names.get(row.instrument, f"#{row.instrument}")
    return {"time": iso(row.time_ns)[:19] + "Z", "symbol": symbol, "action": name, "terms": terms}


def _store(made: Session) -> PostgresStore:
    from shared.store.postgres import PostgresStore

    return PostgresStore(made.db(), made.data)
