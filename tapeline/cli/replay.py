"""`tapeline replay`: a recorded tape through the whole line, with one digest for all that came of it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tapeline.cli.options import AsJson, Bus, Config, Data, Db
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.session import session

if TYPE_CHECKING:
    from research.replay_result import ReplayResult

Tape = Annotated[Path, typer.Argument(help="A folder of recorded blocks, or CSV or Parquet ticks.")]
Engine = Annotated[str, typer.Option(help="inprocess or redis.")]
Workers = Annotated[int, typer.Option(min=1, help="Workers for features and inference, on redis.")]
Kill = Annotated[
    str, typer.Option(help="Kill this service, or any, without warning; bus loses all of Redis.")
]
Times = Annotated[int, typer.Option(min=0, help="How often to kill.")]
Seed = Annotated[int, typer.Option(help="Seed of the moments of death.")]
BlockRows = Annotated[
    int, typer.Option("--block", min=0, help="Rows in a block of ticks, 0 for all at once.")
]
Bar = Annotated[float, typer.Option(help="Length of a bar, seconds.")]
Accounts = Annotated[int, typer.Option(min=1, help="Accounts that trade the tape.")]


def replay(
    tape: Tape,
    engine: Engine = "inprocess",
    workers: Workers = 1,
    kill: Kill = "",
    times: Times = 0,
    seed: Seed = 1,
    block: BlockRows = 1024,
    bar: Bar = 60.0,
    accounts: Accounts = 3,
    data: Data = None,
    bus: Bus = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Run a tape through the whole line in strict mode; the same tape always gives the same digest."""
    import msgspec

    from research.replay import replay as run_replay
    from research.replay_options import ReplayOptions
    from tapeline.servers.lent import lent

    if not tape.exists():
        raise DataMissing(f"no tape at {tape}; give a folder of recorded blocks, or a CSV or Parquet file")
    made = session(config, data=data, bus=bus, db=db)
    options = ReplayOptions(
        tape=tape,
        engine=engine,
        workers=workers,
        kill=kill,
        times=times,
        seed=seed,
        block=block,
        bar_s=bar,
        accounts=accounts,
        bus=made.settings.bus,
        db=made.settings.db,
        data=made.data / "replay",
        run=f"replay-{secrets.token_hex(4)}",
    )
    if engine == "inprocess":
        result = run_replay(options)
    else:
        with lent(options.bus, options.db, options.data) as servers:
            result = run_replay(msgspec.structs.replace(options, bus=servers.bus, db=servers.db))
    give(result, as_json=as_json, show=lambda: _show(result))


def _show(result: ReplayResult) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for note in result.notes:
        console.print(f"[dim]{note}[/]")
    counts = f"{result.ticks:,} ticks, {result.orders:,} orders, {result.fills:,} fills"
    console.print(f"{counts} in {result.seconds:.2f} s ({result.ticks_per_s:,.0f} ticks/s, {result.engine})")
    console.print(f"nav    {result.nav}\nledger [bold]{result.ledger_sha256}[/]")
    if result.kills:
        killed = ", ".join(f"{name} {count}" for name, count in result.kills.items())
        console.print(f"killed {killed}; {result.restarts} restarts")
