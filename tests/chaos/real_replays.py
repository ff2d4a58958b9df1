"""Strict on real servers: one large tape through processes on Redis and Postgres, cut small, killed, wiped.

`python -m tests.chaos.real_replays FOLDER [NAME…]` plays the trials of these names, or all that FOLDER lacks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from research.replay import replay
from research.replay_options import ReplayOptions
from research.replay_result import ReplayResult
from services.ingest.synthetic import MarketPlan
from services.ingest.tape import synthetic_tape, write_tape
from tests.fixtures.postgres import Server, private_or_named
from tests.fixtures.redis import redis_server

SYMBOLS: Final = 20
TICKS: Final = 200_000
BAR_S: Final = 5.0
MARKET: Final = MarketPlan(symbols=SYMBOLS, seed=11, ticks_per_s=2.0)
RUNS: Final = 20
KILLS: Final = 5
WIPES: Final = 2
ALL_ROWS: Final = 0
BLOCKS: Final = (1, 7, 1_000, ALL_ROWS)


class Trial(msgspec.Struct, frozen=True):
    """One replay: how the tape is cut, who works on it, and what dies."""

    kind: str
    seed: int
    block: int = 1_000
    workers: int = 1
    kill: str = ""
    times: int = 0

    @property
    def name(self) -> str:
        """How it is called on the command line and in the folder of results."""
        return f"{self.kind}-{self.seed}".replace(" ", "-")


class Played(msgspec.Struct, frozen=True):
    """What came of a trial."""

    trial: Trial
    ledger_sha256: str
    wanted_sha256: str
    orders: int
    fills: int
    kills: int
    restarts: int
    seconds: float

    @property
    def failure(self) -> str:
        """Why it failed; nothing if it gave the one ledger."""
        if self.ledger_sha256 == self.wanted_sha256:
            return ""
        return f"ledger {self.ledger_sha256[:12]} instead of {self.wanted_sha256[:12]}"


TRIALS: Final = (
    *(Trial(f"blocks of {rows or 'all'}", place, rows) for place, rows in enumerate(BLOCKS)),
    *(
        Trial(kind, seed, workers=3 if seed % 2 else 1, kill=kill, times=times)
        for seed in range(RUNS)
        for kind, kill, times in (("kill any", "any", KILLS), ("Redis wiped", "bus", WIPES))
    ),
)
"""Workers 1 and 3 take turns; each trial has its own order of Python's hashes."""


def golden_replay(folder: Path) -> ReplayResult:
    """Makes the tape, and the one ledger: the fused loop on all of it in one block."""
    tape = synthetic_tape(MARKET, TICKS)
    write_tape(folder / "tape", tape.ticks, tape.instruments)
    return replay(_options(folder, run="golden", block=ALL_ROWS))


def play_trials(
    folder: Path, trials: Sequence[Trial] = TRIALS, say: Callable[[str], None] = print
) -> list[Played]:
    """Plays what the folder has no result of; each result is kept as soon as it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = golden_replay(folder)
    with redis_server() as bus:
        for server in private_or_named():
            server.prepare()
            return list(_played(folder, trials, wanted, bus, server, say))
    return []


def _played(
    folder: Path,
    trials: Sequence[Trial],
    wanted: ReplayResult,
    bus: str,
    server: Server,
    say: Callable[[str], None],
) -> Iterator[Played]:
    for trial in trials:
        file = folder / f"{trial.name}.json"
        if not file.is_file():
            db = server.database()
            try:
                found = _play(folder, trial, wanted, bus, db)
            finally:
                server.drop(db)
            file.write_bytes(msgspec.json.encode(found))
            say(f"{trial.name}: {found.failure or 'equal'}, {found.kills} kills, {found.seconds:.0f} s")
        yield msgspec.json.decode(file.read_bytes(), type=Played)


def _play(folder: Path, trial: Trial, wanted: ReplayResult, bus: str, db: str) -> Played:
    os.environ["PYTHONHASHSEED"] = str(trial.seed)
    terms = {"block": trial.block, "workers": trial.workers, "kill": trial.kill, "times": trial.times}
    made = replay(_options(folder, engine="redis", run=trial.name, seed=trial.seed, bus=bus, db=db, **terms))
    return Played(
        trial=trial,
        ledger_sha256=made.ledger_sha256,
        wanted_sha256=wanted.ledger_sha256,
        orders=made.orders,
        fills=made.fills,
        kills=sum(made.kills.values()),
        restarts=made.restarts,
        seconds=made.seconds,
    )


def _options(folder: Path, **terms: object) -> ReplayOptions:
    given = {"tape": folder / "tape", "data": folder, "bar_s": BAR_S, **terms}
    return ReplayOptions(**given)  # type: ignore[arg-type]


if __name__ == "__main__":
    names = set(sys.argv[2:])
    play_trials(Path(sys.argv[1]), [trial for trial in TRIALS if not names or trial.name in names])
