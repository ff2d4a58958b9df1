"""`tapeline ingest capture FILE…`: captured feeds into the lake, ticks and changes of books."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
from tapeline.cli.options import AsJson, Config, Data, Db
from tapeline.cli.outcome import FAILED, DataMissing, complain, give
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from services.ingest.feeds.terms import Given, Told
    from shared.lake.writer import LakeWriter

Captures = Annotated[
    list[Path],
    typer.Argument(help="Captures of Binance, `<our ns> <frame>` a line, packed or not; or folders of them."),
]
Symbols = Annotated[
    str, typer.Option(help="Only these symbols, with commas: BTCUSDT,ETHUSDT.", show_default=False)
]
Terms = Annotated[
    list[str] | None,
    typer.Option(help="Tick and lot of a symbol of a captured feed: BTCUSDT=0.01,0.00001. Repeat it."),
]
Described = Annotated[
    Path | None,
    typer.Option("--instruments", help="A file that describes symbols: an exchangeInfo of Binance."),
]
Ask = Annotated[bool, typer.Option("--ask", help="Ask Binance for the terms of symbols nobody described.")]
To = Annotated[Path | None, typer.Option("--to", help="The lake: a folder, made where there is none.")]


def capture(
    paths: Captures,
    symbols: Symbols = "",
    terms: Terms = None,
    described: Described = None,
    ask: Ask = False,
    to: To = None,
    again: Again = False,
    plan: Plan = "ticks",
    report: Report = False,
    save: Save = False,
    data: Data = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Read captured feeds into the lake: ticks, and the changes of books as rows of book_deltas."""
    from services.ingest.feeds.terms import Given, said, told_by_file
    from services.ingest.files.file_checks import FileChecks
    from shared.failures import BadInput, Refused
    from shared.lake.writer import LakeWriter
    from tapeline.cli.download import words_of

    made = session(config, data=data, db=db)
    lake = to or made.data / "lake" / LAKE
    FileChecks(plan)
    files = captures_under(paths)
    given = Given(
        said(terms or []), told_by_file(described) if described else asked_of(made) if ask else None
    )
    done: list[Taken] = []
    failed = 0
    with LakeWriter(lake) as writer:
        for path in files:
            try:
                done.append(_taken(path, lake, (words_of(symbols), given, plan, again), writer))
            except (Refused, BadInput) as failure:
                writer.abandon()
                complain(failure)
                failed += 1
    if save:
        keep(made, done)
    give(summary(lake, done, failed, report), as_json=as_json, show=lambda: show_all(lake, done, report))
    if failed:
        raise typer.Exit(FAILED)


def captures_under(paths: list[Path]) -> list[Path]:
    """Files as given, and those in a folder that begin like a captured feed, by name."""
    from services.ingest.feeds.capture import is_capture

    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataMissing(f"there is no {path}; give captured feeds, or folders of them")
        inside = [file for file in sorted(path.iterdir()) if is_capture(file)] if path.is_dir() else [path]
        if not inside:
            raise DataMissing(f"{path} holds no captured feeds: files of `<our ns> <frame>` lines")
        found += inside
    return found


def asked_of(made: Session) -> Told:
    """Binance, which is asked for the terms of symbols."""
    from services.ingest.feeds.source_binance import LIMITS, REST_URL, instruments_of_binance
    from services.ingest.vendors.facades import rest_vendor
    from tapeline.cli.download import said

    url = made.settings.ingest.rest_url or REST_URL
    return lambda symbols: instruments_of_binance(rest_vendor("binance", url, LIMITS, said, 0), symbols)


def _taken(
    path: Path, lake: Path, told: tuple[tuple[str, ...], Given, str, bool], writer: LakeWriter
) -> Taken:
    from services.ingest.feeds.capture import spoken_of
    from services.ingest.feeds.source_capture import CaptureReader
    from services.ingest.feeds.terms import describe
    from services.ingest.files.file_checks import FileChecks
    from services.ingest.files.intake import name_of
    from services.ingest.tape import read_instruments

    only, given, plan, again = told
    instruments = read_instruments(lake)
    describe(instruments, [symbol for symbol in spoken_of(path) if not only or symbol in only], given)
    reader = CaptureReader(path, instruments, only)
    return take(reader, FileChecks(plan), Place(lake, writer, name_of(path, ("capture", only)), again))
