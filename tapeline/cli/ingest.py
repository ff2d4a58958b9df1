"""`tapeline ingest FILE…`: files of ticks into the lake, with counts that add up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tapeline.cli.capture import capture
from tapeline.cli.intakes import (
    LAKE,
    Again,
    Place,
    Plan,
    Report,
    Save,
    Taken,
    keep,
    show_all,
    summary,
    take,
)
from tapeline.cli.knowing import facts, fundamentals, news
from tapeline.cli.lean import lean
from tapeline.cli.making import history
from tapeline.cli.options import AsJson, Config, Data, Db
from tapeline.cli.outcome import FAILED, DataMissing, complain, give
from tapeline.cli.reading import Lot, Map, Symbol, Tick, Tz, reading
from tapeline.cli.session import session

if TYPE_CHECKING:
    from services.ingest.files.options import ReadOptions
    from shared.lake.writer import LakeWriter


class FilesOrVerb(TyperGroup):
    """A group whose first word may be a file: then all of it is meant for `files`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the verb in front that goes without saying."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["files", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    no_args_is_help=True,
    cls=FilesOrVerb,
    help="Files and vendors into the lake and the record: ticks, bars, numbers of companies, news.",
)
app.command("history")(history)
app.command("capture")(capture)
app.command("lean")(lean)
app.command("fundamentals")(fundamentals)
app.command("news")(news)
app.command("facts")(facts)

Files = Annotated[
    list[Path], typer.Argument(help="CSV, Parquet or JSON Lines, packed or not; or folders of them.")
]
To = Annotated[Path | None, typer.Option("--to", help="The lake: a folder, made where there is none.")]
Compact = Annotated[bool, typer.Option("--compact", help="Then make few large files of many small ones.")]


@app.command("files")
def files(
    paths: Files,
    names: Map = None,
    tz: Tz = "",
    symbol: Symbol = "",
    tick: Tick = "0.01",
    lot: Lot = "1",
    to: To = None,
    again: Again = False,
    plan: Plan = "auto",
    report: Report = False,
    save: Save = False,
    compact: Compact = False,
    data: Data = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Read files of ticks, quotes, trades or bars into the lake; each file goes in whole or not at all."""
    from services.ingest.files.file_checks import FileChecks
    from services.ingest.files.sources import files_under
    from shared.failures import BadInput, Refused
    from shared.lake.writer import LakeWriter

    made = session(config, data=data, db=db)
    lake = to or made.data / "lake" / LAKE
    if missing := [path for path in paths if not path.exists()]:
        raise DataMissing(f"there is no {missing[0]}; give files of ticks, or folders of them")
    options = reading(names, tz, symbol, tick, lot)
    done: list[Taken] = []
    failed = 0
    FileChecks(plan)
    with LakeWriter(lake) as writer:
        for path in files_under(paths):
            try:
                done.append(_taken(path, lake, (options, plan, again), writer))
            except (Refused, BadInput) as failure:
                writer.abandon()
                complain(failure)
                failed += 1
        if compact:
            from shared.lake.compaction import compact as compacted

            compacted(lake)
    if save:
        keep(made, done)
    give(summary(lake, done, failed, report), as_json=as_json, show=lambda: show_all(lake, done, report))
    if failed:
        raise typer.Exit(FAILED)


def _taken(path: Path, lake: Path, told: tuple[ReadOptions, str, bool], writer: LakeWriter) -> Taken:
    from services.ingest.files.file_checks import FileChecks
    from services.ingest.files.intake import name_of
    from services.ingest.files.sources import open_reader
    from services.ingest.tape import read_instruments

    options, plan, again = told
    reader = open_reader(path, read_instruments(lake), options)
    return take(reader, FileChecks(plan), Place(lake, writer, name_of(path, options), again))
