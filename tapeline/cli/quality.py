"""`tapeline quality`: how good a tape is, by symbol and day, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tapeline.cli.options import AsJson, Config, Data, Db
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.session import session

Tape = Annotated[Path, typer.Argument(help="A folder of recorded blocks, or CSV or Parquet ticks.")]
Plan = Annotated[str, typer.Option(help="Bounds to judge by: ticks or daily.")]
Source = Annotated[str, typer.Option(help="Name of the source in the report; the tape's name if not given.")]
Save = Annotated[bool, typer.Option("--save", help="Keep the report in the data folder and the record.")]


def quality(
    tape: Tape,
    plan: Plan = "ticks",
    source: Source = "",
    save: Save = False,
    data: Data = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Judge every row of a tape; nothing is changed, refused rows are counted by reason."""
    from services.ingest.assess import assess, plan_named
    from services.ingest.report import rows_of, show, write
    from services.ingest.tape import read_tape
    from shared.store.postgres import PostgresStore

    if not tape.exists():
        raise DataMissing(f"no tape at {tape}; give a folder of recorded blocks, or a CSV or Parquet file")
    told = assess(read_tape(tape), source or tape.name, plan_named(plan)).report
    if save:
        made = session(config, data=data, db=db)
        write(told, made.data)
        store = PostgresStore(made.db(), made.data)
        try:
            store.save_quality(rows_of(told))
        finally:
            store.close()
    give(told, as_json=as_json, show=lambda: typer.echo(show(told), nl=False))
