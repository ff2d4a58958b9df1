"""`tapeline dlq`: blocks that no retry could save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tapeline.cli.options import AsJson, Config, Data, Db, Run
from tapeline.cli.outcome import FAILED, DataMissing, give
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from shared.store.contract import DeadLetter

app = typer.Typer(no_args_is_help=True, help="Dead letters: blocks that no retry could save.")
SHOWN_BYTES = 512
Number = Annotated[int, typer.Argument(metavar="ID", help="The letter's id.")]


@app.command("list")
def list_letters(
    data: Data = None, db: Db = None, run: Run = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Show the dead letters of a run, oldest first."""
    from tapeline.cli.tables import show

    letters = _letters(session(config, data=data, db=db, run=run))
    told = [_told(letter) for letter in letters]
    columns = ("id", "stage", "stream", "partition", "seq", "bytes", "done", "error")
    rows = [[row[name] for name in columns] for row in told]
    give(told, as_json=as_json, show=lambda: show(columns, rows, empty="No dead letters."))


@app.command("show")
def show_letter(
    number: Number,
    data: Data = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: where it lay, what was wrong, and its first bytes."""
    letter = _letter(session(config, data=data, db=db, run=run), number)
    told = {**_told(letter), "payload": letter.payload[:SHOWN_BYTES].hex()}
    lines = "\n".join(f"{name:<10} {value}" for name, value in told.items())
    give(told, as_json=as_json, show=lambda: typer.echo(lines))


@app.command("replay")
def replay_letter(
    number: Number,
    data: Data = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Read a dead letter again with this release; what can be read now is recorded, and the letter is done.

    Its rows go to the record, never into the past of a line that has moved on.
    """
    from shared.codec import decode
    from shared.failures import BadInput
    from shared.store.postgres import PostgresStore

    made = session(config, data=data, db=db, run=run)
    letter = _letter(made, number)
    try:
        block = decode(letter.payload)
    except BadInput as error:
        said = f"letter {number} still cannot be read: {error}"
        give(
            {"id": number, "done": False, "error": str(error)}, as_json=as_json, show=lambda: typer.echo(said)
        )
        raise typer.Exit(FAILED) from None
    store = PostgresStore(made.db(), made.data)
    try:
        store.copy_rows(made.run, block)
        store.dead_letter_done(number)
    finally:
        store.close()
    said = f"letter {number} is done: {len(block)} rows of {block.stream.name} are in the record"
    give({"id": number, "done": True, "rows": len(block)}, as_json=as_json, show=lambda: typer.echo(said))


def _letter(made: Session, number: int) -> DeadLetter:
    found = next((one for one in _letters(made) if one.id == number), None)
    if found is None:
        raise DataMissing(f"no dead letter {number}; `tapeline dlq list` shows those that exist")
    return found


def _letters(made: Session) -> list[DeadLetter]:
    from shared.store.postgres import PostgresStore

    store = PostgresStore(made.db(), made.data)
    try:
        return store.dead_letters(made.run)
    finally:
        store.close()


def _told(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "stage": letter.stage,
        "stream": letter.stream,
        "partition": letter.partition,
        "seq": letter.seq,
        "bytes": len(letter.payload),
        "done": letter.done,
        "error": letter.error,
    }
