"""`tapeline ingest lean FOLDER`: a LEAN data folder into the lake, with its corporate actions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from tapeline.cli.intakes import (
    LAKE,
    Again,
    Place,
    Plan,
    Report,
    Save,
    keep,
    show_all,
    summary,
    take,
)  # fmt: skip
from tapeline.cli.options import AsJson, Config, Data, Db
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.session import session

Folder = Annotated[Path, typer.Argument(help="A LEAN data folder: the one that holds equity, crypto, forex.")]
Symbols = Annotated[str, typer.Option(help="Symbols by their latest name, with commas: SPY,AAPL.")]
Since = Annotated[str, typer.Option("--from", help="First day, such as 2013-10-07.")]
Until = Annotated[str, typer.Option("--to", help="Last day, such as 2013-10-09.")]
Lake = Annotated[Path | None, typer.Option("--lake", help="The lake: a folder, made where there is none.")]
Resolution = Annotated[str, typer.Option(help="tick, second, minute, hour or daily.")]
Asset = Annotated[str, typer.Option(help="equity, crypto, forex or future.")]
Market = Annotated[str, typer.Option(help="The market as its folder is called; usa if not given.")]


def lean(
    folder: Folder,
    symbols: Symbols,
    since: Since = "",
    until: Until = "",
    resolution: Resolution = "minute",
    asset: Asset = "equity",
    market: Market = "usa",
    to: Lake = None,
    again: Again = False,
    plan: Plan = "auto",
    report: Report = False,
    save: Save = False,
    data: Data = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Read symbols of a LEAN folder into the lake, raw, with their splits, dividends and renames."""
    from services.ingest.files.file_checks import FileChecks
    from services.ingest.lean.source_lean import LeanFolder, LeanRequest
    from services.ingest.lean.source_lean_reader import LeanReader
    from services.ingest.tape import read_instruments
    from shared.lake.writer import LakeWriter

    if not folder.is_dir():
        raise DataMissing(f"there is no LEAN folder at {folder}")
    made = session(config, data=data, db=db)
    lake = to or made.data / "lake" / LAKE
    request = LeanRequest(
        symbols=tuple(filter(None, (name.strip() for name in symbols.split(",")))),
        asset=asset, market=market, resolution=resolution,
        start=_day("from", since) or dt.date.min, end=_day("to", until) or dt.date.max,
    )  # fmt: skip
    with LakeWriter(lake) as writer:
        reader = LeanReader(LeanFolder(folder), request, read_instruments(lake))
        actions = reader.actions()
        done = [take(reader, FileChecks(plan, actions), Place(lake, writer, reader.name, again), [actions])]
    if save:
        keep(made, done)
    give(summary(lake, done, 0, report), as_json=as_json, show=lambda: show_all(lake, done, report))


def _day(option: str, given: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(given) if given else None
    except ValueError:
        raise typer.BadParameter(f"{given} is no day; write 2013-10-07", param_hint=f"--{option}") from None
