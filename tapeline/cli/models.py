"""`tapeline models`: the registry, and every move in it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shared.failures import Refused
from shared.models.stages import WATCHED, ModelStage
from tapeline.cli.model_groups import Names, group_of, may_become, waiting
from tapeline.cli.model_views import describe, listed, row_told, table_of, vault_rows
from tapeline.cli.options import AsJson, Config, Data, Db, Run
from tapeline.cli.outcome import DataMissing, Unreachable, give
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from services.api.commands import By
    from services.api.model_moves import Moves
    from shared.store.contract import ModelRow, Store

app = typer.Typer(no_args_is_help=True, help="The registry of models, and which of them is traded.")

Name = Annotated[str, typer.Argument(help="A model: name, name@version, or the start of its address.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept with the move.")]
Passed = Annotated[
    bool, typer.Option("--passed", help="Of these, only those that the honesty gate has passed.")
]
Yes = Annotated[bool, typer.Option("--yes", help="You mean it: ask nothing.")]


@app.command("list")
def list_models(data: Data = None, db: Db = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show every model and its stage; without a record, those that lie in the data folder."""
    made = session(config, data=data, db=db)
    try:
        with opened(made) as store:
            found = [listed(row) for row in store.models()]
    except Unreachable:
        found = vault_rows(made.data)
    give(found, as_json=as_json, show=lambda: table_of(found))


@app.command()
def show(
    name: Name, data: Data = None, db: Db = None, run: Run = None, config: Config = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show a model, what happened to it, and how it does beside the active one on what came since."""
    from tapeline.cli.model_evidence import beside_active, places

    made = session(config, data=data, db=db, run=run)
    try:
        with opened(made) as store:
            row = found_in(store, name)
            told = row_told(row, store.model_events(row.address))
            told["beside_active"] = beside_active(store, made.run, row)
            told["partitions"] = places(store, made.run, row)
    except Unreachable:
        told = _lying(made, name)
    give(told, as_json=as_json, show=lambda: describe(told))


@app.command()
def compare(
    name: Name, data: Data = None, db: Db = None, run: Run = None, config: Config = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Compare a watched model with the active one on recorded predictions, and keep what comes out."""
    import msgspec

    from tapeline.cli.model_evidence import compared

    made = session(config, data=data, db=db, run=run)
    with opened(made) as store:
        comparison = compared(store, made.run, found_in(store, name), by_us(""))
    give(
        msgspec.to_builtins(comparison) | {"is_better": comparison.is_better},
        as_json=as_json,
        show=lambda: typer.echo(comparison.sentence),
    )


@app.command()
def promote(
    names: Names, passed: Passed = False, yes: Yes = False, why: Why = "", data: Data = None, db: Db = None,
    run: Run = None, config: Config = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Make a model active, or a group at once: the gate has passed each, and it is surely better."""
    from shared.models.registry import PASS, active_beside
    from tapeline.cli.model_evidence import compared

    made = session(config, data=data, db=db, run=run)
    with opened(made) as store:
        rows = group_of(store, names, may_become(ModelStage.ACTIVE))
        rows = [row for row in rows if row.verdict == PASS or not passed]
        if not rows:
            raise DataMissing(
                "the honesty gate has passed none of them; `tapeline models list` says what it found"
            )
        right = _right(made, _called(rows), yes)
        for row in rows:
            if row.stage in WATCHED and active_beside(store.models(), row) is not None:
                compared(store, made.run, row, by_us(why))
        moved = moves_of(made).promote_all(store, rows, by_us(why), right)
        late = waiting(store, made.run, moved)
    _said_all(moved, as_json)
    _warned(late)


@app.command()
def rollback(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Models or patterns to take back; those promoted last by default."),
    ] = None,
    yes: Yes = False, why: Why = "", data: Data = None, db: Db = None, run: Run = None,
    config: Config = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Put back what was active before the last promotion, or before these; nothing is loaded for it."""
    made = session(config, data=data, db=db, run=run)
    with opened(made) as store:
        rows = group_of(store, names, frozenset({ModelStage.ACTIVE})) if names else _last_promoted(store)
        _right(made, _called(rows), yes)
        moved = moves_of(made).rollback_all(store, rows, by_us(why))
    _said_all(moved, as_json)


def _put(stage: str) -> Callable[..., None]:
    """The moves that change nothing that is traded differ in a word."""

    def put(
        names: Names, why: Why = "", data: Data = None, db: Db = None, run: Run = None,
        config: Config = None, as_json: AsJson = False,
    ) -> None:  # fmt: skip
        to = ModelStage(stage)
        made = session(config, data=data, db=db, run=run)
        with opened(made) as store:
            rows = group_of(store, names, may_become(to))
            moved = moves_of(made).put_all(store, rows, to, by_us(why))
        _said_all(moved, as_json)

    return put


app.command("shadow", help="Let a model predict on the live stream; nobody trades it.")(_put("shadow"))
app.command("canary", help="Mark a shadow as the next to be traded on a small slice.")(_put("canary"))
app.command("retire", help="Take a model out for good.")(_put("retired"))


@contextmanager
def opened(made: Session) -> Iterator[Store]:
    """The record of a session."""
    from shared.store.postgres import PostgresStore

    store = PostgresStore(made.db(), made.data)
    try:
        yield store
    finally:
        store.close()


def found_in(store: Store, name: str) -> ModelRow:
    """The model that is meant."""
    from shared.models.registry import find

    try:
        return find(store.models(), name)
    except Refused as error:
        raise DataMissing(str(error)) from None


def _called(rows: list[ModelRow]) -> str:
    """What a person types who means it."""
    return f"{rows[0].name}@{rows[0].version}" if len(rows) == 1 else f"{len(rows)} models"


def _warned(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line, err=True)


def _said_all(rows: list[ModelRow], as_json: bool) -> None:
    if len(rows) == 1:
        _said(rows[0], as_json)
        return
    said = [f"{row.title} is {row.stage}." for row in rows]
    give([listed(row) for row in rows], as_json=as_json, show=lambda: typer.echo("\n".join(said)))


def _last_promoted(store: Store) -> list[ModelRow]:
    """The group that became active last, at one moment and by one hand."""
    active = {row.address: row for row in store.models() if row.stage is ModelStage.ACTIVE}
    events = store.model_events("")
    crowned = [one for one in events if one.after is ModelStage.ACTIVE and one.before is not one.after]
    if not active or not crowned:
        raise Refused("no model is active, so there is no promotion to take back")
    last = [one for one in crowned if (one.time_ns, one.actor) == (crowned[-1].time_ns, crowned[-1].actor)]
    if missing := [one for one in last if one.address not in active]:
        raise Refused(
            f"{len(missing)} of the {len(last)} models promoted last are not active any more; "
            "name those whose promotion is taken back"
        )
    return [active[one.address] for one in last]


def _right(made: Session, name: str, yes: bool) -> dict[str, Any]:
    """By what right a model moves to the top: a person who says so, or a policy that a person has set."""
    from services.api.model_moves import PERSON
    from shared.models.registry import by_policy

    if yes:
        return dict(PERSON)
    if sys.stdin.isatty() and sys.stderr.isatty():
        if typer.prompt(f"Type {name} to go on", err=True) == name:
            return dict(PERSON)
        raise Refused("nothing was changed")
    if made.settings.inference.promotion == "better":
        return by_policy({"inference.promotion": "better"})
    raise Refused(
        'a person promotes: give --yes, or let the policy do it with inference.promotion = "better"'
    )


def moves_of(made: Session) -> Moves:
    """What moves models in the registry and tells the run."""
    from services.api.commands import Commands
    from services.api.model_moves import Moves

    return Moves(Commands(made.run), made.run)


def by_us(why: str) -> By:
    """Whoever sits at this terminal, now."""
    import getpass

    from services.api.commands import By

    return By(getpass.getuser(), time.time_ns(), why)


def _said(row: ModelRow, as_json: bool) -> None:
    give(listed(row), as_json=as_json, show=lambda: typer.echo(f"{row.title} is {row.stage}."))


def _lying(made: Session, name: str) -> dict[str, Any]:
    """A model that lies in the data folder, while nobody can ask the record."""
    found = [row for row in vault_rows(made.data) if row["name"] == name or row["address"].startswith(name)]
    if not found:
        raise DataMissing(f"no model {name}; `tapeline models list` shows those that exist")
    return found[-1]
