"""`tapeline warm`, `ingest history`: what a desk needs before it opens."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tapeline.cli.options import AsJson, Config, Data, Db, Run
from tapeline.cli.outcome import give
from tapeline.cli.session import Session, session

Seed = Annotated[int | None, typer.Option(help="Seed of the synthetic market.")]
Symbols = Annotated[int | None, typer.Option(help="Instruments in the synthetic market.")]
SYNTHETIC = "synthetic"
Source = Annotated[
    str,
    typer.Option(
        help="yahoo, alpaca, polygon, finnhub, binance or coinbase; several with commas: "
        "the next is asked where one fails."
    ),
]
Named = Annotated[
    str,
    typer.Option("--symbols", help="AAPL,MSFT as the source calls them; of the synthetic market how many."),
]
Since = Annotated[str, typer.Option("--from", help="First day, such as 2013-10-07.")]
Until = Annotated[str, typer.Option("--until", help="Last day; yesterday if not given.")]
Interval = Annotated[str, typer.Option(help="minute, hour or day.")]
To = Annotated[Path | None, typer.Option("--to", help="The lake: a folder, made where there is none.")]


def warm(as_json: AsJson = False) -> None:
    """Compile every kernel now, so that nothing waits for a compiler later."""
    from research.warming import WHAT, warm_all
    from tapeline.cli.progress import counted

    started = time.perf_counter()
    took = {
        part: round(time.perf_counter() - started, 3) for part in counted(warm_all(), len(WHAT), "compiling")
    }
    total = max(took.values())
    give({"seconds": took}, as_json=as_json, show=lambda: typer.echo(f"The caches are warm ({total:.1f} s)."))


def history(
    source: Source = SYNTHETIC,
    symbols: Named = "",
    since: Since = "",
    until: Until = "",
    interval: Interval = "day",
    to: To = None,
    seed: Seed = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Download bars of the past into the lake; what is there already is not asked for again.

    Without a source it is the synthetic market's past that is written.
    """
    if source != SYNTHETIC:
        from tapeline.cli.download import download, order_of
        from tapeline.cli.intakes import LAKE

        made = session(config, data=data)
        lake = to or made.data / "lake" / LAKE
        return download(order_of(source, symbols, since, until, interval, lake), made, as_json)
    return _synthetic(market(config, data, seed, _count(symbols)), as_json)


def _synthetic(made: Session, as_json: bool) -> None:
    from research.starting import make_history

    past = make_history(made.settings, made.data)
    verb = "made" if past.made else "found"
    said = ", ".join(f"{count:,} {name} bars" for name, count in past.bars.items())
    result = {"folder": past.folder, "bars": past.bars, "made": past.made}
    give(result, as_json=as_json, show=lambda: typer.echo(f"{said}, {verb} in {past.folder}"))


def open_run(
    data: Data = None, db: Db = None, run: Run = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Open the desk's run in the record, so that its services agree on what they do."""
    import msgspec

    from research.desk_model import enter
    from research.starting import open_run as begin
    from shared.models.registry import By
    from shared.store.postgres import PostgresStore

    made = session(config, data=data, db=db, run=run)
    store = PostgresStore(made.db(), made.data)
    try:
        plan = begin(made.settings, made.data, store, time.time_ns())
        enter(plan, made.settings, made.data, store, By("desk", time.time_ns()))
    finally:
        store.close()
    said = f"Run {made.settings.run} is open."
    give(msgspec.to_builtins(plan), as_json=as_json, show=lambda: typer.echo(said))


def _count(symbols: str) -> int | None:
    """How many instruments the synthetic market has; it knows no names."""
    if symbols and not symbols.isdigit():
        sources = "yahoo, alpaca, polygon, finnhub, binance or coinbase"
        raise typer.BadParameter(f"{symbols} wants --source {sources}", param_hint="--symbols")
    return int(symbols) if symbols else None


def market(config: Any, data: Any, seed: int | None, symbols: int | None, db: str | None = None) -> Session:
    """The session of a synthetic market with these terms."""
    return session(config, data=data, db=db, market__seed=seed, market__symbols=symbols)


def plain(manifest: object) -> dict[str, Any]:
    """The manifest as JSON has it."""
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(manifest)
    return told


def describe(manifest: dict[str, Any]) -> None:
    """What people want to know of a model."""
    from rich.console import Console

    from shared.time import iso

    console = Console(highlight=False)
    console.print(f"[bold]{manifest['name']}[/] ({manifest['family']}), {len(manifest['features'])} features")
    console.print(f"  trained  {manifest['rows']:,} rows, {iso(manifest['trained_from_ns'])[:19]}", end="")
    console.print(f" to {iso(manifest['trained_until_ns'])[:19]}\n  label    {manifest['label']}")
    for name, value in manifest["scores"].items():
        console.print(f"  {name:<28} {value}")
