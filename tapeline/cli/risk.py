"""`tapeline risk`: the kill switch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from tapeline.cli.options import AsJson, Config, Data, Db, Run
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from shared.store.contract import Store

app = typer.Typer(no_args_is_help=True, help="The kill switch: whether trading is on.")
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the audit trail.")]


@app.command()
def status(
    data: Data = None, db: Db = None, run: Run = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Say whether trading is on; a state that cannot be read counts as halted."""
    made = session(config, data=data, db=db, run=run)
    store = _store(made)
    try:
        halted = store.halted(made.settings.run)
    finally:
        store.close()
    said = f"Trading in run {made.settings.run} is {'halted' if halted else 'on'}."
    give({"run": made.settings.run, "halted": halted}, as_json=as_json, show=lambda: typer.echo(said))


@app.command()
def halt(
    why: Why = "",
    data: Data = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Stop trading now; it stays stopped through every restart until `tapeline risk resume`."""
    _throw(session(config, data=data, db=db, run=run), "halt", why)
    give({"halted": True}, as_json=as_json, show=lambda: typer.echo("Trading is halted."))


@app.command()
def resume(
    why: Why = "",
    data: Data = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let trading go on."""
    _throw(session(config, data=data, db=db, run=run), "resume", why)
    give({"halted": False}, as_json=as_json, show=lambda: typer.echo("Trading is on."))


def _store(made: Session) -> Store:
    from shared.store.postgres import PostgresStore

    store = PostgresStore(made.db(), made.data)
    if store.run(made.settings.run) is None:
        store.close()
        raise DataMissing(f"the record has no run {made.settings.run}; name another with --run")
    return store


def _throw(made: Session, action: str, why: str) -> None:
    import getpass

    import msgspec

    from services.api.commands import Command, Commands
    from shared.store.contract import AuditRow

    store, run, actor = _store(made), made.settings.run, getpass.getuser()
    commands, command = Commands(run), Command[action.upper()]
    try:
        for account in sorted(account.id for account in made.settings.accounts.values()):
            commands.give(store, command, account, actor, time.time_ns())
        detail = msgspec.json.encode({"why": why}).decode()
        store.audit(AuditRow(run=run, time_ns=time.time_ns(), actor=actor, action=action, detail=detail))
    finally:
        store.close()
