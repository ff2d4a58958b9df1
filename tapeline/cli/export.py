"""`tapeline export`: a lake or a tape as files that others read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tapeline.cli.options import AsJson
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.reading import Lot, Map, Symbol, Tick, Tz, reading

if TYPE_CHECKING:
    from services.ingest.files.options import ReadOptions

SUFFIXES = {"csv": ".csv", "parquet": ".parquet", "s3csv": ".csv", "jsonl": ".jsonl"}

Tape = Annotated[Path, typer.Argument(help="A lake, a folder of recorded blocks, or files of ticks.")]
Format = Annotated[
    str,
    typer.Option(
        "--format", help="csv or parquet: ticks; s3csv or jsonl: bars with delta and volume profile."
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The file; one that ends in .gz is packed.")
]


def export(
    tape: Tape,
    kind: Format = "csv",
    output: Output = None,
    names: Map = None,
    tz: Tz = "",
    symbol: Symbol = "",
    tick: Tick = "0.01",
    lot: Lot = "1",
    as_json: AsJson = False,
) -> None:
    """Write a tape as CSV, Parquet or JSON Lines; `tapeline ingest` reads all of them back."""
    from services.ingest.files.export import FORMATS

    if kind not in FORMATS:
        raise typer.BadParameter(f"{kind} is none of {', '.join(FORMATS)}", param_hint="--format")
    if not tape.exists():
        raise DataMissing(f"no tape at {tape}; give a lake, a folder of blocks, or files of ticks")
    goal = output or Path(f"{tape.resolve().name.partition('.')[0]}-export{SUFFIXES[kind]}")
    rows = _written(tape, kind, goal, reading(names, tz, symbol, tick, lot))
    result = {"file": str(goal), "format": kind, "rows": rows, "bytes": goal.stat().st_size}
    give(result, as_json=as_json, show=lambda: typer.echo(f"{rows:,} rows in {goal}"))


def _written(tape: Path, kind: str, goal: Path, read: ReadOptions) -> int:
    """Files of ticks go through a lake of their own, so that nothing that they say is lost on the way."""
    from tempfile import TemporaryDirectory

    from services.ingest.files.checking import AcceptAll
    from services.ingest.files.export import export as write
    from services.ingest.files.intake import take_in
    from services.ingest.files.sources import open_reader
    from services.ingest.tape import read_tape
    from shared.lake.writer import LakeWriter
    from shared.market import Instruments
    from tapeline.cli.progress import bar

    if tape.is_dir():
        return write(read_tape(tape, read), tape, kind, goal)
    with TemporaryDirectory(prefix="tapeline-") as folder:
        lake = Path(folder)
        with LakeWriter(lake) as writer, bar(tape.name) as told:
            take_in(open_reader(tape, Instruments(), read), AcceptAll(), writer, lake, ("export", told))
        return write(read_tape(lake), lake, kind, goal)
