"""`tapeline quality`: how good a tape or a table is and what is wrong with it; without one, the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tapeline.cli.capture import Terms
from tapeline.cli.options import AsJson, Config, Data, Db
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.reading import Lot, Map, Symbol, Tick, Tz, reading
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from services.ingest.files.options import ReadOptions
    from services.ingest.quality.report import QualityReport

Tape = Annotated[
    Path | None,
    typer.Argument(
        help="A lake, recorded blocks, files of ticks, a captured feed, or a table of companies; "
        "nothing: the record.",
        show_default=False,
    ),
]
Plan = Annotated[str, typer.Option(help="Bounds to judge by: ticks or daily; auto: as the first rows want.")]
Source = Annotated[
    str,
    typer.Option(help="Name of the source in the report; the tape's name if not given.", show_default=False),
]
Save = Annotated[bool, typer.Option("--save", help="Keep the report in the data folder and the record.")]


def quality(
    tape: Tape = None,
    plan: Plan = "auto",
    source: Source = "",
    names: Map = None,
    tz: Tz = "",
    symbol: Symbol = "",
    tick: Tick = "0.01",
    lot: Lot = "1",
    terms: Terms = None,
    save: Save = False,
    data: Data = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Judge every row of a tape; nothing is changed, refused rows are counted by reason."""
    from services.ingest.feeds.capture import is_capture
    from services.ingest.files.source_rows import is_table
    from services.ingest.quality.report import rows_of, show, write
    from shared.store.postgres import PostgresStore

    made = session(config, data=data, db=db)
    if tape is None:
        return _record(made, as_json)
    if not tape.exists():
        raise DataMissing(f"no tape at {tape}; give a folder of recorded blocks, or a CSV or Parquet file")
    if is_table(tape):
        return _table(tape, as_json)
    if is_capture(tape):
        told, notes = _captured(tape, terms or [], plan, source or tape.name)
    else:
        told, notes = _judged(tape, reading(names, tz, symbol, tick, lot), plan, source or tape.name)
    for note in notes:
        typer.echo(note, err=True)
    if save:
        write(told, made.data)
        store = PostgresStore(made.db(), made.data)
        try:
            store.save_quality(rows_of(told))
        finally:
            store.close()
    return give(told, as_json=as_json, show=lambda: typer.echo(show(told), nl=False))


def _judged(tape: Path, read: ReadOptions, plan: str, source: str) -> tuple[QualityReport, tuple[str, ...]]:
    """Files in their own order, row by row as they are read; what was recorded, as it would be replayed."""
    from services.ingest.files.file_checks import AUTO, judged, plan_of
    from services.ingest.quality.assess import assess, plan_named
    from services.ingest.tape import is_recorded, read_tape

    if not is_recorded(tape):
        return judged(tape, read, plan, source)
    found = read_tape(tape)
    return assess(
        found, source, plan_named(plan_of(found.ticks) if plan == AUTO else plan)
    ).report, found.notes


def _captured(path: Path, terms: list[str], plan: str, source: str) -> tuple[QualityReport, tuple[str, ...]]:
    """A captured feed in the order in which it would go into a lake."""
    from services.ingest.feeds.capture import spoken_of
    from services.ingest.feeds.source_capture import CaptureReader
    from services.ingest.feeds.terms import Given, describe, said
    from services.ingest.files.file_checks import AUTO, judged_from
    from shared.market import Instruments

    instruments = Instruments()
    describe(instruments, spoken_of(path), Given(said(terms)))
    return judged_from([CaptureReader(path, instruments)], "ticks" if plan == AUTO else plan, source)


def _record(made: Session, as_json: bool) -> None:
    """How much of what is in the record."""
    from services.ingest.quality.standing import show, standing
    from shared.store.postgres import PostgresStore

    store = PostgresStore(made.db(), made.data)
    try:
        told = standing(store)
    finally:
        store.close()
    give(told, as_json=as_json, show=lambda: typer.echo(show(told), nl=False))


def _table(path: Path, as_json: bool) -> None:
    """What a table of companies says that cannot be."""
    from services.ingest.facts.tables import companies
    from services.ingest.files.source_rows import read_rows

    read = companies(list(read_rows(path)), {}, 1)
    counts = {"rows": read.rows, "numbers": len(read.numbers), "refused": sum(read.faults.values())}
    told = {"source": path.name, **counts, "reasons": dict(read.faults), "notes": list(read.notes)}

    def show() -> None:
        typer.echo(
            f"{path.name}: {read.rows:,} rows, {len(read.numbers):,} numbers, {counts['refused']:,} refused"
        )
        for line in (*read.notes, *(f"{count:,} × {reason}" for reason, count in read.faults.items())):
            typer.echo(f"  {line}")

    give(told, as_json=as_json, show=show)
