"""`tapeline replay`: a recorded tape through the whole line, with one digest for all that came of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.time import SECOND_NS
from tapeline.cli.options import AsJson, Bus, Config, Data, Db
from tapeline.cli.outcome import DataMissing, give
from tapeline.cli.reading import Lot, Map, Symbol, Tick, Tz, reading
from tapeline.cli.session import Session, session

if TYPE_CHECKING:
    from research.replay.options import ReplayOptions
    from research.replay.result import ReplayResult

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
Speed = Annotated[
    str, typer.Option(help="Market seconds per real second, or max for as fast as the machine can.")
]
Control = Annotated[
    Path | None,
    typer.Option(
        "--control", help="File that steers the replay: pause, run, step 5, speed 50 written to it."
    ),
]
MAX = "max"
Accounts = Annotated[int, typer.Option(min=1, help="Accounts that trade the tape.")]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        help="What to trade: active (all that are), a name, or a folder; else what inference.model says, and "
        "where that is the starter, the default strategy's own.",
        show_default=False,
    ),
]
Canary = Annotated[
    str,
    typer.Option(help="A second model, by name or folder: one more account trades it, with its own capital."),
]


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
    model: Model = "",
    canary: Canary = "",
    names: Map = None,
    tz: Tz = "",
    symbol: Symbol = "",
    tick: Tick = "0.01",
    lot: Lot = "1",
    speed: Speed = MAX,
    control: Control = None,
    data: Data = None,
    bus: Bus = None,
    db: Db = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Run a tape through the whole line in strict mode; the same tape always gives the same digest."""
    from research.replay.options import ReplayOptions
    from research.replay.run import replay as run_replay

    if not tape.exists():
        raise DataMissing(f"no tape at {tape}; give a folder of recorded blocks, or a CSV or Parquet file")
    made = session(config, data=data, bus=bus, db=db, inference__model=model or None)
    options = ReplayOptions(
        tape=tape,
        read=reading(names, tz, symbol, tick, lot),
        engine=engine,
        workers=workers,
        kill=kill,
        times=times,
        seed=seed,
        block=block,
        bar_s=bar,
        accounts=accounts,
        speed=_speed(speed),
        control=control,
        model=_models(made, bar),
        horizon=made.settings.risk.horizon,
        canary=_canary(made, canary),
        bus=made.settings.bus,
        db=made.settings.db,
        data=made.data / "replay",
        run=f"replay-{secrets.token_hex(4)}",
    )
    with _steered(options) as steered, lent_for(steered) as ready:
        result = run_replay(ready)
    give(result, as_json=as_json, show=lambda: _show(result))


@contextmanager
def lent_for(options: ReplayOptions) -> Iterator[ReplayOptions]:
    """The same options with the servers that the engine needs."""
    import msgspec

    from tapeline.servers.lent import lent

    if options.engine == "inprocess":
        yield options
        return
    with lent(options.bus, options.db, options.data) as servers:
        yield msgspec.structs.replace(options, bus=servers.bus, db=servers.db)


@contextmanager
def _steered(options: ReplayOptions) -> Iterator[ReplayOptions]:
    """The same options with a control file that keys write to, if the replay keeps a pace."""
    if not options.speed:
        yield options
        return
    import msgspec

    from services.ingest.source_control import command
    from tapeline.cli.keys import HELP, keys

    path = options.control or options.data / f"{options.run}.control"
    path.parent.mkdir(parents=True, exist_ok=True)
    with keys(partial(command, path), options.speed) as listens:
        if listens:
            typer.echo(HELP, err=True)
        try:
            yield msgspec.structs.replace(options, control=path)
        finally:
            if options.control is None:
                path.unlink(missing_ok=True)


def _models(made: Session, bar_s: float) -> Path | None:
    """The models that are meant, signed for the replays' own folder; none: the default strategy's own."""
    from research.desk_model import named_models
    from shared.models.registry import STARTER
    from shared.models.together import folders_of, keep_together
    from tapeline.cli.models import opened

    name = made.settings.inference.model
    if name == STARTER:
        return None
    if Path(name).is_dir():
        where = Path(name)
    else:
        with opened(made) as store:
            where = named_models(name, made.data, store, round(bar_s * SECOND_NS))
    addresses = [_lent(made, folder) for folder in folders_of(where) or [where]]
    return keep_together(made.data / "replay", addresses).absolute()


def _canary(made: Session, name: str) -> Path | None:
    """The model that is meant, signed for the replays' own folder."""
    from shared.models.vault import place_of
    from tapeline.cli.model_files import folder_of

    if not name:
        return None
    return place_of(made.data / "replay", _lent(made, folder_of(made, name))).absolute()


def _lent(made: Session, folder: Path) -> str:
    """The address of a model that replays may read, once its seal holds."""
    from research.registering import borrowed
    from shared.models.keys import trusted_keys

    trusted = trusted_keys(made.data, made.settings.inference.public_keys)
    return borrowed(folder, trusted, made.data / "replay").address


def _speed(given: str) -> float:
    if given == MAX:
        return 0.0
    try:
        speed = float(given)
    except ValueError:
        speed = 0.0
    if not 0.0 < speed < 1e9:
        raise typer.BadParameter(f"{given}: wanted a number above 0, or {MAX}", param_hint="--speed")
    return speed


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
