"""`tapeline bars`: bars of every kind out of a tape, or larger bars out of smaller ones."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tapeline.cli.options import AsJson, Config, Data
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.reading import Lot, Map, Symbol, Tick, Tz, reading
from tapeline.cli.session import session

if TYPE_CHECKING:
    from services.features.building import BarRule
    from services.ingest.files.options import ReadOptions
    from services.ingest.tape import Tape
    from shared.block import Block
    from shared.calendars import Sessions

LENGTHS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9, "d": 86_400 * 10**9}
DAY_NS = LENGTHS["d"]
ROWS = {"all": (1, 2, 3), "trades": (1,), "quotes": (2,), "bars": (3,)}

Input = Annotated[
    Path,
    typer.Option("--input", "-i", help="A lake, a folder of recorded blocks, or files of ticks or bars."),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="A .csv or .parquet file, or a folder: a lake.")]
Kind = Annotated[str, typer.Option("--kind", help="time, tick, volume, dollar or imbalance.")]
Size = Annotated[
    str,
    typer.Option("--size", help="1s … 1d for time; ticks; units of volume or imbalance; money for dollar."),
]
Rows = Annotated[str, typer.Option("--from", help="What makes the bars: all, trades, quotes or bars.")]
Calendar = Annotated[
    str,
    typer.Option("--calendar", help="Sessions of this exchange for all, such as XNYS.", show_default=False),
]
InSessions = Annotated[
    bool, typer.Option("--sessions", help="Start the grid at each session's open, end it at its close.")
]
Conditions = Annotated[
    str,
    typer.Option(
        "--ignored-conditions", help="Bits of sale conditions whose price makes no bar.", metavar="BITS"
    ),
]
Profile = Annotated[bool, typer.Option("--profile", help="Also how much was traded at each price of a bar.")]


def bars(
    source: Input,
    output: Output,
    kind: Kind = "time",
    size: Size = "1m",
    rows: Rows = "all",
    calendar: Calendar = "",
    in_sessions: InSessions = False,
    conditions: Conditions = "0x100220",
    profile: Profile = False,
    names: Map = None,
    tz: Tz = "",
    symbol: Symbol = "",
    tick: Tick = "0.01",
    lot: Lot = "1",
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Build bars; a day of bars ends at its session's close, and a bar that the tape cuts off is left out."""
    from services.features.building import build, merge
    from services.features.profile import profile_of
    from services.features.sink_bars import write_bars
    from services.ingest.tape import write_instruments
    from shared.calendars import CALENDARS
    from shared.streams import BARS

    if not source.exists():
        raise DataMissing(f"no tape at {source}; give a lake, a folder of blocks, or files of ticks or bars")
    tape = _rows(_read(source, rows, reading(names, tz, symbol, tick, lot)), rows)
    rule = _rule(tape, kind, size, rows, _bits(conditions))
    of_day = kind == "time" and rule.size >= DAY_NS
    asked = bool(calendar) or in_sessions or of_day
    hours = _hours(tape, calendar, session(config, data=data).data / CALENDARS) if asked else None
    merged = tape.ticks.stream is BARS
    built, unfinished = (merge if merged else build)(tape.ticks, rule, hours)
    levels = profile_of(built, tape.ticks, rule.ignored_conditions) if profile and not merged else None
    write_bars(output, built, levels, tape.instruments)
    if output.is_dir():
        write_instruments(output, tape.instruments)
    told = {"output": str(output), "kind": kind, "size": size, "rows": len(tape.ticks), "bars": len(built)}
    give(
        {**told, "unfinished": unfinished}, as_json=as_json, show=lambda: _show(told, unfinished, tape.notes)
    )


def _read(source: Path, rows: str, read: ReadOptions) -> Tape:
    """The tape, or the bars of a lake that holds bars and no ticks."""
    from services.ingest.tape import Tape, read_instruments, read_tape
    from shared.lake.folders import files_of
    from shared.lake.parquet import read_stream
    from shared.market import Instrument
    from shared.streams import BARS, TICKS

    if rows not in ROWS:
        raise typer.BadParameter(f"{rows} is none of {', '.join(ROWS)}", param_hint="--from")
    if rows in ("trades", "quotes") or not source.is_dir() or files_of(source, TICKS):
        return read_tape(source, read)
    if not files_of(source, BARS):
        return read_tape(source, read)
    known, smaller = read_instruments(source), read_stream(source, BARS)
    for instrument in {int(i) for i in smaller["instrument"]}:
        if instrument not in known:
            known.add(Instrument(instrument=instrument, symbol=f"#{instrument}"))
    return Tape(known, smaller, ())


def _rows(tape: Tape, rows: str) -> Tape:
    import numpy as np

    from shared.streams import TICKS

    if rows == "all" or tape.ticks.stream is not TICKS:
        return tape
    kept = tape.ticks.take(np.flatnonzero(np.isin(tape.ticks["kind"], ROWS[rows])))
    if not len(kept):
        raise DataMissing(f"the tape holds no {rows}")
    return tape._replace(ticks=kept)


def _rule(tape: Tape, kind: str, size: str, rows: str, ignored: int) -> BarRule:
    from services.features.building import BarRule

    if kind == "time":
        return BarRule(size=_length(size), ignored_conditions=ignored)
    number = _number(size)
    if kind == "tick":
        return BarRule(
            kind="quote" if rows == "quotes" else "tick", size=float(number), ignored_conditions=ignored
        )
    if rows == "quotes":
        raise typer.BadParameter(f"quotes trade nothing, so they make no {kind} bars", param_hint="--kind")
    units = {
        row.instrument: row.tick * row.lot * row.multiplier if kind == "dollar" else row.lot
        for row in tape.instruments
    }
    sizes = {instrument: float(number / unit) for instrument, unit in units.items()}
    return BarRule(kind=kind, size=float(number), sizes=sizes, ignored_conditions=ignored)


def _length(text: str) -> int:
    found = re.fullmatch(r"(\d+)(ms|s|m|h|d)", text)
    if not found or not int(found[1]):
        raise typer.BadParameter(f"{text} is no length; say 1s, 5m, 1h or 1d", param_hint="--size")
    return int(found[1]) * LENGTHS[found[2]]


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text} is no number", param_hint="--size") from None


def _bits(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise typer.BadParameter(f"{text} is no number", param_hint="--ignored-conditions") from None


def _hours(tape: Tape, calendar: str, folder: Path) -> dict[int, Sessions]:
    """Each instrument's sessions from the day before the tape to the day after it."""
    from shared.calendars import sessions

    first, last = _days(tape.ticks)
    names = {row.instrument: calendar or row.calendar for row in tape.instruments}
    tables = {name: sessions(name, first, last, folder) for name in set(names.values())}
    return {instrument: tables[name] for instrument, name in names.items()}


def _days(rows: Block) -> tuple[dt.date, dt.date]:
    times = rows["event_time_ns"]
    first, last = (dt.datetime.fromtimestamp(int(t) // 10**9, dt.UTC).date() for t in (times[0], times[-1]))
    return first - dt.timedelta(days=1), last + dt.timedelta(days=1)


def _show(told: dict[str, object], unfinished: int, notes: tuple[str, ...]) -> None:
    for note in notes:
        typer.echo(note, err=True)
    cut = f"; {unfinished:,} that the tape cuts off left out" if unfinished else ""
    typer.echo(f"{told['bars']:,} {told['kind']} bars of {told['rows']:,} rows in {told['output']}{cut}")
