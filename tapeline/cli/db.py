"""`tapeline db`: the record's tables."""

from __future__ import annotations

import typer

from tapeline.cli.options import AsJson, Config, Data, Db
from tapeline.cli.outcome import give
from tapeline.cli.session import session

app = typer.Typer(no_args_is_help=True, help="The record's tables.")


@app.command()
def upgrade(data: Data = None, db: Db = None, config: Config = None, as_json: AsJson = False) -> None:
    """Bring the tables of the record to this release."""
    from shared.store.upgrade import upgrade as bring_up

    bring_up(session(config, data=data, db=db).db())
    give({"ok": True}, as_json=as_json, show=lambda: typer.echo("The tables are up to date."))


@app.callback()
def about() -> None:
    """The record's tables."""
