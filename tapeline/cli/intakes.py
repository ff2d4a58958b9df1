"""What the verbs of `tapeline ingest` share: their options, and how they say what became of rows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from tapeline.cli.progress import bar

if TYPE_CHECKING:
    from rich.console import Console

    from services.ingest.files.file_checks import FileChecks
    from services.ingest.files.intake import Intake
    from services.ingest.files.reading import Reader
    from services.ingest.quality.report import QualityReport
    from shared.block import Block
    from shared.lake.writer import LakeWriter
    from shared.store.rows import QualityRow
    from tapeline.cli.session import Session

LAKE = "recorded"
"""The folder of the data folder's lake that files go to, unless another is named."""

Again = Annotated[bool, typer.Option("--again", help="Take in files that the lake holds already.")]
Plan = Annotated[
    str, typer.Option(help="Bounds to judge rows by: ticks, daily, none, or auto for what the rows are.")
]
Report = Annotated[
    bool, typer.Option("--report", help="Show faults and data quality, by reason, symbol and day.")
]
Save = Annotated[bool, typer.Option("--save", help="Keep the data quality in the record too.")]


class Place(NamedTuple):
    """Where a source goes, under which name, and whether it may lie there twice."""

    lake: Path
    writer: LakeWriter
    name: str
    again: bool


class Taken(NamedTuple):
    """What became of a file, and what the checks found in it."""

    intake: Intake
    quality: QualityReport | None


def take(reader: Reader, checks: FileChecks, there: Place, before: Sequence[Block] = ()) -> Taken:
    """Reads a source into the lake, unless it is there already and nobody asked for it again."""
    from services.ingest.files.intake import found_before, report_of, take_in
    from services.ingest.quality.report import write_at

    lake, writer, name, again = there
    known = found_before(lake, name)
    if known is not None and not again:
        return Taken(known, known_report(report_of(lake, name)))
    if known is not None:
        name = free_name(lake, name)
    for block in before:
        writer.add(block)
    with bar(reader.source) if reader.size else nullcontext(_untold) as shown:
        made = take_in(reader, checks, writer, lake, (name, shown))
    quality = checks.report(made.source, reader.instruments)
    if quality is not None:
        write_at(quality, report_of(lake, name))
    return Taken(made, quality)


def _untold(done: int, size: int) -> None:
    """Nothing to show of a source that does not know how large it is."""


def free_name(lake: Path, name: str) -> str:
    """The same name with a number that no commit has yet."""
    number = 2
    while (lake / "commits" / f"{name}-{number}.json").exists():
        number += 1
    return f"{name}-{number}"


def known_report(path: Path) -> QualityReport | None:
    """The report that lies beside a commit, if one does."""
    from services.ingest.quality.report import read

    return read(path) if path.exists() else None


def keep(made: Session, done: Sequence[Taken]) -> None:
    """Puts the data quality of what was read into the record."""
    from services.ingest.quality.report import rows_of
    from shared.store.postgres import PostgresStore

    rows: list[QualityRow] = [row for one in done if one.quality is not None for row in rows_of(one.quality)]
    store = PostgresStore(made.db(), made.data)
    try:
        store.save_quality(rows)
    finally:
        store.close()


def summary(lake: Path, done: Sequence[Taken], failed: int, report: bool) -> dict[str, object]:
    """The sums over what was read now, and each source."""
    fresh = [one.intake for one in done if not one.intake.already]
    sums = {
        name: sum(getattr(one, name) for one in fresh)
        for name in ("read", "accepted", "quarantined", "unreadable")
    }
    told = {"lake": str(lake), **sums, "failed": failed, "files": [one.intake for one in done]}
    return {**told, "quality": [one.quality for one in done]} if report else told


def show_all(lake: Path, done: Sequence[Taken], report: bool) -> None:
    """What became of each source, for people."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for one in done:
        _show_counts(console, one.intake, report)
        if report and one.quality is not None:
            _show_quality(console, one.quality)
    if done:
        console.print(f"lake   {lake}\nnext   tapeline replay {lake}")


def _show_counts(console: Console, one: Intake, report: bool) -> None:
    from services.ingest.quality.reasons import Reason

    if one.already:
        console.print(
            f"{one.source}: {one.accepted:,} rows are in the lake already; --again takes them in twice"
        )
        return
    counts = f"{one.accepted:,} accepted, {one.quarantined:,} quarantined, {one.unreadable:,} unreadable"
    of = f"{one.symbols:,} symbol{'s' * (one.symbols != 1)}"
    console.print(f"[bold]{one.source}[/] {one.read:,} rows of {of}: {counts}")
    for stream, rows in one.beside.items():
        console.print(f"  {rows:,} rows of {stream} beside them")
    for note in one.notes:
        console.print(f"  [dim]{note}[/]", markup=True)
    for code, count in one.reasons.items():
        console.print(f"  [yellow]{count:,} refused × {Reason(code).name}[/]")
    for reason, count in one.faults.items():
        console.print(f"  [yellow]{count:,} × {reason}[/]")
    for fault in one.examples if report else ():
        text = "".join(letter if letter.isprintable() or letter == "\t" else "·" for letter in fault.text)
        console.print(f"    line {fault.line}: {fault.reason}: {text}", markup=False)


def _show_quality(console: Console, told: QualityReport) -> None:
    from services.ingest.quality.report import show

    console.print(show(told), markup=False, end="")
