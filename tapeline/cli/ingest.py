"""`tapeline ingest FILE…`: files of ticks into the lake, with counts that add up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tapeline.cli.making import history
from tapeline.cli.options import AsJson, Config, Data
from tapeline.cli.outcome import FAILED, DataMissing, complain, give
from tapeline.cli.session import session

if TYPE_CHECKING:
    from services.ingest.intake import Intake
    from services.ingest.options import ReadOptions
    from shared.lake.writer import LakeWriter

LAKE = "recorded"
"""The folder of the data folder's lake that files go to, unless another is named."""


class FilesOrVerb(TyperGroup):
    """A group whose first word may be a file: then all of it is meant for `files`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the verb in front that goes without saying."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["files", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    no_args_is_help=True, cls=FilesOrVerb, help="Ticks and bars into the lake: files, or a synthetic past."
)
app.command("history")(history)

Files = Annotated[
    list[Path], typer.Argument(help="CSV, Parquet or JSON Lines, packed or not; or folders of them.")
]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", help="A column by its name in the file: price=last_px. Repeat it."),
]
Tz = Annotated[
    str, typer.Option("--tz", help="Zone of times that name none; any: each row by its own offset.")
]
Symbol = Annotated[str, typer.Option("--symbol", help="The symbol of a file that has no column for it.")]
Tick = Annotated[str, typer.Option("--tick", help="Price tick of symbols that nobody described.")]
Lot = Annotated[str, typer.Option("--lot", help="Lot of symbols that nobody described.")]
To = Annotated[Path | None, typer.Option("--to", help="The lake: a folder, made where there is none.")]
Again = Annotated[bool, typer.Option("--again", help="Take in files that the lake holds already.")]
Report = Annotated[bool, typer.Option("--report", help="Show each kind of fault, and the first lines of it.")]
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
    report: Report = False,
    compact: Compact = False,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Read files of ticks, quotes, trades or bars into the lake; each file goes in whole or not at all."""
    from services.ingest.options import ReadOptions, pairs_of
    from services.ingest.sources import files_under
    from shared.failures import BadInput, Refused
    from shared.lake.writer import LakeWriter

    made = session(config, data=data)
    lake = to or made.data / "lake" / LAKE
    if missing := [path for path in paths if not path.exists()]:
        raise DataMissing(f"there is no {missing[0]}; give files of ticks, or folders of them")
    options = ReadOptions(
        names=pairs_of(names or []), tz=tz, symbol=symbol, tick=step_of("tick", tick), lot=step_of("lot", lot)
    )
    done: list[Intake] = []
    failed = 0
    with LakeWriter(lake) as writer:
        for path in files_under(paths):
            try:
                done.append(_taken(path, lake, options, writer, again))
            except (Refused, BadInput) as failure:
                writer.abandon()
                complain(failure)
                failed += 1
        if compact:
            from shared.lake.compaction import compact as compacted

            compacted(lake)
    give(_summary(lake, done, failed), as_json=as_json, show=lambda: _show(lake, done, report))
    if failed:
        raise typer.Exit(FAILED)


def _taken(path: Path, lake: Path, options: ReadOptions, writer: LakeWriter, again: bool) -> Intake:
    from services.ingest.checking import AcceptAll
    from services.ingest.intake import found_before, name_of, take_in
    from services.ingest.sources import open_reader
    from services.ingest.tape import read_instruments
    from tapeline.cli.progress import bar

    name = name_of(path, options)
    known = found_before(lake, name)
    if known is not None and not again:
        return known
    if known is not None:
        name = _free(lake, name)
    reader = open_reader(path, read_instruments(lake), options)
    with bar(path.name) as told:
        return take_in(reader, AcceptAll(), writer, lake, (name, told))


def _free(lake: Path, name: str) -> str:
    """The same name with a number that no commit has yet."""
    number = 2
    while (lake / "commits" / f"{name}-{number}.json").exists():
        number += 1
    return f"{name}-{number}"


def step_of(what: str, given: str) -> Decimal:
    """A decimal that an option was given."""
    try:
        return Decimal(given)
    except InvalidOperation:
        raise typer.BadParameter(f"{given} is no number", param_hint=f"--{what}") from None


def _summary(lake: Path, done: Sequence[Intake], failed: int) -> dict[str, object]:
    fresh = [one for one in done if not one.already]
    sums = {
        name: sum(getattr(one, name) for one in fresh)
        for name in ("read", "accepted", "quarantined", "unreadable")
    }
    return {"lake": str(lake), **sums, "failed": failed, "files": list(done)}


def _show(lake: Path, done: Sequence[Intake], report: bool) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for one in done:
        if one.already:
            console.print(
                f"{one.source}: {one.accepted:,} rows are in the lake already; --again takes them in twice"
            )
            continue
        counts = f"{one.accepted:,} accepted, {one.quarantined:,} quarantined, {one.unreadable:,} unreadable"
        console.print(f"[bold]{one.source}[/] {one.read:,} rows of {one.symbols:,} symbols: {counts}")
        for note in one.notes:
            console.print(f"  [dim]{note}[/]", markup=True)
        for reason, count in one.faults.items():
            console.print(f"  [yellow]{count:,} × {reason}[/]")
        for fault in one.examples if report else ():
            console.print(f"    line {fault.line}: {fault.reason}: {fault.text}", markup=False)
    console.print(f"lake   {lake}\nnext   tapeline replay {lake}")
