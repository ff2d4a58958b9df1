"""`tapeline up`, `down`, `status`, `doctor`: the desk on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tapeline.cli.options import AsJson, Bus, Config, Data, Db, Run
from tapeline.cli.outcome import FAILED, UNREACHABLE, DataMissing, give
from tapeline.cli.session import session

if TYPE_CHECKING:
    from tapeline.desk.checks import Check

Speed = Annotated[float | None, typer.Option(help="Market seconds per real second.")]
Seed = Annotated[int | None, typer.Option(help="Seed of the synthetic market.")]
Symbols = Annotated[int | None, typer.Option(help="Instruments in the synthetic market.")]
Port = Annotated[int | None, typer.Option(help="Port of the gateway; 0 picks a free one.")]
Tape = Annotated[Path | None, typer.Option("--tape", help="Play this tape instead of the synthetic market.")]
Context = Annotated[
    Path | None,
    typer.Option("--context", help="Lake whose recorded facts are told beside a feed's or tape's ticks."),
]
Headless = Annotated[bool, typer.Option("--headless", help="Only the log, no live table.")]
PATIENCE_S = 60.0


def up(
    headless: Headless = False,
    speed: Speed = None,
    seed: Seed = None,
    symbols: Symbols = None,
    tape: Tape = None,
    context: Context = None,
    port: Port = None,
    data: Data = None,
    bus: Bus = None,
    db: Db = None,
    run: Run = None,
    config: Config = None,
) -> None:
    """Start the desk: a market, synthetic or taped, that trades itself. Ctrl-C leaves nothing behind."""
    from rich.console import Console

    from tapeline.desk.desk import Order
    from tapeline.desk.desk import run as run_desk

    market: dict[str, object] = {"market__speed": speed, "market__seed": seed, "market__symbols": symbols}
    places = {"data": data, "bus": bus, "db": db, "run": run, "api__port": port}
    if tape is not None:
        if not tape.exists():
            raise DataMissing(f"no tape at {tape}; give a lake, a folder of blocks, or files of ticks")
        market |= {"ingest__source": "tape", "ingest__tape": tape.absolute()}
    if context is not None:
        if not context.is_dir():
            raise DataMissing(f"no lake at {context}; `tapeline ingest facts --to {context}` makes one")
        market |= {"ingest__context": context.absolute()}
    made = session(config, **market, **places)
    order = Order(made.data, made.loaded, made.flags, _environment(config), headless)
    run_desk(order, Console(highlight=False))


def down(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Stop a desk that runs in another terminal, and wait until it is gone."""
    from tapeline.desk.stopping import stop_desk

    made = session(config, data=data)
    pid = stop_desk(made.data, PATIENCE_S)
    said = f"The desk (process {pid}) has stopped." if pid else f"No desk runs on {made.data}."
    give({"stopped": pid is not None, "pid": pid}, as_json=as_json, show=lambda: typer.echo(said))


def status(data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show the running desk: its services, how far behind they are, and where the gateway is."""
    from tapeline.desk.report import printed, report

    made = session(config, data=data)
    found = report(made.data)
    if found is None:
        said = f"No desk runs on {made.data}; start one with `tapeline up`."
        give({"running": False, "data": str(made.data)}, as_json=as_json, show=lambda: typer.echo(said))
        raise typer.Exit(UNREACHABLE)
    give({"running": True, **found}, as_json=as_json, show=lambda: printed(found))


def doctor(
    data: Data = None,
    bus: Bus = None,
    db: Db = None,
    port: Port = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Check this machine: each line says what was found and, if it is too little, the mend."""
    from tapeline.desk.checks import checks

    made = session(config, data=data, bus=bus, db=db, api__port=port)
    found = list(checks(made.data, made.settings, os.environ, own_port=made.desk() is not None))
    result = [
        {"name": c.name, "ok": c.good, "found": c.found, "mend": "" if c.good else c.mend} for c in found
    ]
    give(result, as_json=as_json, show=lambda: _print_checks(found))
    if not all(check.good for check in found):
        raise typer.Exit(FAILED)


def _print_checks(found: list[Check]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for check in found:
        mark = ("✓", "green") if check.good else ("✗", "bold red")
        mend = "" if check.good else f"\n              → {check.mend}"
        console.print(Text.assemble(mark, f" {check.name:<12}", check.found, (mend, "yellow")))


def _environment(config: object) -> dict[str, str]:
    """The environment for services: the settings file by its full path, wherever they start."""
    given = dict(os.environ)
    if config is not None:
        given["TAPELINE_CONFIG"] = os.path.abspath(str(config))
    return given
