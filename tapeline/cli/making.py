"""`tapeline warm`, `ingest history`, `train`: what a desk needs before it opens."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from tapeline.cli.options import AsJson, Config, Data, Db, Run
from tapeline.cli.outcome import give
from tapeline.cli.session import Session, session

Seed = Annotated[int | None, typer.Option(help="Seed of the synthetic market.")]
Symbols = Annotated[int | None, typer.Option(help="Instruments in the synthetic market.")]


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
    seed: Seed = None,
    symbols: Symbols = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Write the synthetic market's past to the lake, unless it is there already."""
    from research.starting import make_history

    made = _market(config, data, seed, symbols)
    past = make_history(made.settings, made.data)
    verb = "made" if past.made else "found"
    said = ", ".join(f"{count:,} {name} bars" for name, count in past.bars.items())
    result = {"folder": past.folder, "bars": past.bars, "made": past.made}
    give(result, as_json=as_json, show=lambda: typer.echo(f"{said}, {verb} in {past.folder}"))


def train(
    starter: Annotated[
        bool, typer.Option("--starter", help="Only if there is no starter model yet.")
    ] = False,
    seed: Seed = None,
    symbols: Symbols = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Train the starter model on the synthetic market's past."""
    from research.starting import make_starter, model_folder

    made = _market(config, data, seed, symbols)
    if not starter:
        import shutil

        shutil.rmtree(model_folder(made.settings, made.data), ignore_errors=True)
    manifest = make_starter(made.settings, made.data)
    give(_plain(manifest), as_json=as_json, show=lambda: _describe(_plain(manifest)))


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
        plan = begin(made.settings, made.data, store)
        enter(plan, made.settings, made.data, store, By("desk", time.time_ns()))
    finally:
        store.close()
    said = f"Run {made.settings.run} is open."
    give(msgspec.to_builtins(plan), as_json=as_json, show=lambda: typer.echo(said))


def _market(config: Any, data: Any, seed: int | None, symbols: int | None) -> Session:
    return session(config, data=data, market__seed=seed, market__symbols=symbols)


def _plain(manifest: object) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(manifest)
    return told


def _describe(manifest: dict[str, Any]) -> None:
    from rich.console import Console

    from shared.time import iso

    console = Console(highlight=False)
    console.print(f"[bold]{manifest['name']}[/] ({manifest['family']}), {len(manifest['features'])} features")
    console.print(f"  trained  {manifest['rows']:,} rows, {iso(manifest['trained_from_ns'])[:19]}", end="")
    console.print(f" to {iso(manifest['trained_until_ns'])[:19]}\n  label    {manifest['label']}")
    for name, value in manifest["scores"].items():
        console.print(f"  {name:<28} {value}")
