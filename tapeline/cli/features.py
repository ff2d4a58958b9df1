"""`tapeline features`: what the live line computes on a tape, with labels beside it, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tapeline.cli.beside import beside_of, sessions_of
from tapeline.cli.options import AsJson
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.read_tape import only, opened
from tapeline.cli.reading import Lot, Map, Symbol, Tick, Tz, reading

if TYPE_CHECKING:
    from research.dataset.vectors import Part
    from services.features.config import FeatureSpec
    from services.ingest.files.options import ReadOptions
    from shared.block import Block
    from shared.market import Instruments

Input = Annotated[
    Path | None, typer.Option("--input", "-i", help="A lake, a folder of blocks, a file or a folder of them.")
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="A file .csv or .parquet.")]
Listed = Annotated[bool, typer.Option("--list", help="Show every feature, and write nothing.")]
Set = Annotated[str, typer.Option("--set", help="A named vector: standard, starter or context.")]
Features = Annotated[str, typer.Option("--features", help="Instead of a set: rsi(14),macd_12_26_9.signal.")]
Bar = Annotated[str, typer.Option(help="Length of a bar: 60 (seconds), 5m, 1h, 1d.")]
Labels = Annotated[
    str, typer.Option(help="forward_return(5), threshold(1d, 10), triple_barrier(10, 1, 1, 20) and others.")
]
Within = Annotated[
    str, typer.Option(help="Calendar whose sessions no label crosses: 24/7 (UTC days), XNYS and others.")
]
Context = Annotated[
    list[str] | None,
    typer.Option(
        help="Facts beside the tape: market=spx.csv, vix=vix.csv, companies=then.csv@2018-02-08, hours=XNYS."
    ),
]
Symbols = Annotated[str, typer.Option(help="Only these, by name: AAPL,MSFT.")]
From = Annotated[
    str, typer.Option("--from", help="First day or moment of the table; what is before warms up.")
]
To = Annotated[str, typer.Option("--to", help="Where the tape ends for features and labels, exclusive.")]


def features(
    source: Input = None,
    output: Output = None,
    listed: Listed = False,
    named: Set = "standard",
    chosen: Features = "",
    bar: Bar = "60",
    labels: Labels = "",
    within: Within = "",
    context: Context = None,
    symbols: Symbols = "",
    start: From = "",
    stop: To = "",
    names: Map = None,
    tz: Tz = "",
    symbol: Symbol = "",
    tick: Tick = "0.01",
    lot: Lot = "1",
    as_json: AsJson = False,
) -> None:
    """Write the features of a tape, and labels when asked for, as one CSV or Parquet table."""
    if listed:
        _list(as_json)
        return
    if source is None or output is None:
        raise typer.BadParameter("--input and --output are wanted, or --list alone")
    if not source.exists():
        raise DataMissing(f"no tape at {source}; give a lake, a folder of blocks, or files of ticks")
    if source.resolve() == output.resolve():
        raise typer.BadParameter("--output would overwrite --input")
    read = reading(names, tz, symbol, tick, lot)
    spec = _spec(named, chosen, bar)
    wanted = (labels, within, _moment(start), _moment(stop), symbols, context or [])
    rows = _written(source, read, spec, output, wanted)
    result = {"file": str(output), "rows": rows, "features": list(spec.features), "spec": spec.hash}
    give(result, as_json=as_json, show=lambda: typer.echo(f"{rows:,} rows in {output}"))


def _written(
    source: Path, reading: ReadOptions, spec: FeatureSpec, output: Path, wanted: tuple[Any, ...]
) -> int:
    from tempfile import TemporaryDirectory

    import msgspec

    from research.dataset.vectors import Future, cut_off, labelled_parts, parts
    from research.dataset.vectors_files import Head, write, writer_of
    from research.labels.rules import asked
    from shared.failures import Refused

    labels, within, start_ns, stop_ns, symbols, context = wanted
    rules = tuple(asked(text) for text in split(labels))
    if len({rule.name for rule in rules}) != len(rules):
        raise Refused(f"labels must be named once, found {labels}")
    writer_of(output)
    with TemporaryDirectory(prefix="tapeline-", dir=_folder_of(output)) as made:
        folder = Path(made)
        with opened(source, folder, reading) as tape:
            instruments, beside = tape.instruments, beside_of(spec, context, tape, folder)
            ticks: Iterable[Block] = only(tape.blocks, instruments, split(symbols))
            ticks = ticks if stop_ns is None else cut_off(ticks, stop_ns)
            future = Future(rules, sessions_of(within, folder), folder)
            table: Iterator[Part] = (
                labelled_parts(ticks, spec, future, beside) if rules else parts(ticks, spec, beside)
            )
            if start_ns is not None:
                table = (part.since(start_ns) for part in table)
            about = {"spec": msgspec.json.encode(spec).decode(), "spec_hash": str(spec.hash)}
            head = Head(spec.features, tuple(rule.name for rule in rules), _namer(instruments), about)
            return write(output, head, table)


def _namer(instruments: Instruments) -> Callable[[int], str]:
    known = {row.instrument: row.symbol for row in instruments}
    return lambda number: known.get(number) or f"#{number}"


def _spec(named: str, chosen: str, bar: str) -> FeatureSpec:
    from research.dataset.spans import read_span
    from services.features.catalogue import SETS
    from services.features.config import FeatureSpec

    if not chosen and named not in SETS:
        raise typer.BadParameter(f"{named} is none of {', '.join(SETS)}", param_hint="--set")
    length = read_span(bar if not bar.isdigit() else f"{bar}s")
    return FeatureSpec(interval_ns=length.ns, features=tuple(split(chosen)) or SETS[named])


def split(text: str) -> list[str]:
    """Parts at commas that stand outside brackets."""
    found, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return [part.strip() for part in found if part.strip()]


def _moment(text: str) -> int | None:
    """A day or a moment in UTC, in nanoseconds."""
    import numpy as np

    if not text:
        return None
    try:
        return int(np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64))
    except ValueError:
        raise typer.BadParameter(
            f"{text} is no day or moment such as 2026-01-05 or 2026-01-05T14:30"
        ) from None


def _folder_of(output: Path) -> Path:
    """Vectors that wait for labels lie on the disk that the table goes to."""
    output.parent.mkdir(parents=True, exist_ok=True)
    return output.parent


def _list(as_json: bool) -> None:
    from services.features.catalogue import FEATURES
    from tapeline.cli.tables import show

    rows = [_line(feature) for feature in FEATURES]
    columns = ("feature", "outputs", "unit", "warm", "formula")
    told = [dict(zip(columns, row, strict=True)) for row in rows]
    give(told, as_json=as_json, show=lambda: show(columns, rows, empty=""))


def _line(feature: Any) -> tuple[str, str, str, int, str]:
    said = ", ".join(f"{one.name} {one.default:g}" for one in feature.parameters)
    values = tuple(int(one.default) if one.whole else one.default for one in feature.parameters)
    warm = max(feature.warm_up(values, output) for output in feature.outputs)
    outputs = ", ".join(output for output in feature.outputs if output)
    return f"{feature.name}({said})" if said else feature.name, outputs, feature.unit, warm, feature.formula
