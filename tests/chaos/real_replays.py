"""Strict on real servers: one large tape through processes on Redis and Postgres, cut, killed, wiped."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from research.replay.options import ReplayOptions
from research.replay.result import ReplayResult
from research.replay.run import replay
from services.ingest.synthetic.market import MarketPlan
from services.ingest.tape import synthetic_tape, write_tape
from tests.chaos.kept import Played
from tests.fixtures.postgres import Server

SYMBOLS: Final = 20
TICKS: Final = 200_000
BAR_S: Final = 5.0
ACCOUNTS: Final = 3
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
    def run(self) -> str:
        """The name of its run."""
        return f"{self.kind}-{self.seed}".lower().replace(" ", "-")


TRIALS: Final = (
    *(Trial(f"blocks of {rows or 'all'}", place, rows) for place, rows in enumerate(BLOCKS)),
    *(
        Trial(kind, seed, workers=3 if seed % 2 else 1, kill=kill, times=times)
        for seed in range(RUNS)
        for kind, kill, times in (("kill any", "any", KILLS), ("Redis wiped", "bus", WIPES))
    ),
)
"""Workers 1 and 3 take turns; each trial has its own order of Python's hashes."""


class Stage:
    """The tape on the disk and the servers that replays of it share."""

    def __init__(self, folder: Path, bus: str, server: Server) -> None:
        self.folder = folder
        self.bus = bus
        self.server = server

    @cached_property
    def golden(self) -> ReplayResult:
        """Makes the tape, and the one ledger: the fused loop on all of it in one block."""
        tape = synthetic_tape(MARKET, TICKS)
        write_tape(self.folder / "tape", tape.ticks, tape.instruments)
        return replay(self.options(run="golden", block=ALL_ROWS))

    def options(self, **terms: object) -> ReplayOptions:
        """A replay of the tape on these terms."""
        given = {
            "tape": self.folder / "tape",
            "data": self.folder,
            "bar_s": BAR_S,
            "accounts": ACCOUNTS,
            **terms,
        }
        return ReplayOptions(**given)  # type: ignore[arg-type]


def play_trial(stage: Stage, trial: Trial) -> Played:
    """Plays it in a database of its own: why it failed, if it did, and what was struck down."""
    wanted, db = stage.golden, stage.server.database()
    os.environ["PYTHONHASHSEED"] = str(trial.seed)
    terms = {"block": trial.block, "workers": trial.workers, "kill": trial.kill, "times": trial.times}
    try:
        made = replay(
            stage.options(engine="redis", seed=trial.seed, bus=stage.bus, db=db, run=trial.run, **terms)
        )
    finally:
        stage.server.drop(db)
    failure = "" if made.ledger_sha256 == wanted.ledger_sha256 else f"ledger {made.ledger_sha256[:12]}"
    name = "wipes" if trial.kill == "bus" else "kills"
    struck = {name: sum(made.kills.values())} if trial.kill else {}
    return Played(failure, struck, {"orders": made.orders, "fills": made.fills})
