"""`tapeline risk`: the kill switch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from tapeline.cli.options import AsJson, Config, Data, Db, Run
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from services.api.commands import Given
    from shared.store.contract import Store

app = typer.Typer(no_args_is_help=True, help="The kill switch: whether trading is on.")
HALTED, ON = "halted", "on"
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the audit trail.")]


@app.command()
def status(
    data: Data = None, db: Db = None, run: Run = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Say whether trading is on; a state that cannot be read counts as halted."""
    made = session(config, data=data, db=db, run=run)
    store = _store(made)
    try:
        halted = store.halted(made.run)
    finally:
        store.close()
    said = f"Trading in run {made.run} is {HALTED if halted else ON}."
    give({"run": made.run, "halted": halted}, as_json=as_json, show=lambda: typer.echo(said))


def _store(made: Session) -> Store:
    from shared.store.postgres import PostgresStore

    store = PostgresStore(made.db(), made.data)
    if store.run(made.run) is None:
        store.close()
        raise DataMissing(f"the record has no run {made.run}; name another with --run")
    return store


def _verb(command: str, state: str) -> Callable[..., None]:
    """The two throws of the switch differ in a word; a command that nobody could write down is not given."""

    def throw(
        why: Why = "",
        data: Data = None,
        db: Db = None,
        run: Run = None,
        config: Config = None,
        as_json: AsJson = False,
    ) -> None:
        made = session(config, data=data, db=db, run=run)
        given = _thrown(made, command, why)
        answer = {"run": made.run, "halted": state == HALTED, "accounts": given.accounts}
        told = ", ".join(map(str, given.accounts))
        said = f"Trading in run {made.run} is {state}; told to accounts {told}."
        give(answer, as_json=as_json, show=lambda: typer.echo(said))

    return throw


def _thrown(made: Session, command: str, why: str) -> Given:
    import getpass

    from services.api.commands import By, Command, Commands

    store = _store(made)
    try:
        by = By(getpass.getuser(), time.time_ns(), why)
        return Commands(made.run).give(store, Command[command], by)
    finally:
        store.close()


app.command("halt", help="Stop trading now; it stays stopped through every restart until it is resumed.")(
    _verb("HALT", HALTED)
)
app.command("resume", help="Let every account of the run trade again.")(_verb("RESUME", ON))
