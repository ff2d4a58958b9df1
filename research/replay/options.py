"""What a replay is asked for; it checks itself when made."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from services.ingest.files.options import ReadOptions
from shared.failures import Refused
from shared.time import SECOND_NS

ENGINES: Final = ("inprocess", "redis")
ALL_ROWS: Final = 0
"""As a block size: the whole tape in one block."""
KILLABLE: Final = ("bus", "ingest", "features", "inference", "risk", "execution", "venue", "ledger", "any")


class ReplayOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tape, an engine, how to cut the tape, and what to kill on the way."""

    tape: Path
    read: ReadOptions = ReadOptions()
    engine: str = "inprocess"
    workers: int = 1
    kill: str = ""
    times: int = 0
    seed: int = 1
    block: int = 1024
    bar_s: float = 60.0
    accounts: int = 3
    speed: float = 0.0
    control: Path | None = None
    model: Path | None = None
    """The models of every other account, one or a set; none: the default strategy's own."""
    horizon: str = ""
    """The horizon of a set that books act upon; none: the shortest."""
    canary: Path | None = None
    """A second model, traded by one more account with its own capital and tag."""
    bus: str = ""
    db: str = ""
    data: Path = Path()
    run: str = ""

    def __post_init__(self) -> None:
        problems = [text for wrong, text in self._doubts() if wrong]
        if problems:
            raise Refused("\n".join(problems))

    @property
    def interval_ns(self) -> int:
        """Length of a bar in nanoseconds."""
        return round(self.bar_s * SECOND_NS)

    def _doubts(self) -> tuple[tuple[bool, str], ...]:
        crashing = self.times > 0 or bool(self.kill)
        return (
            (self.engine not in ENGINES, f"engine {self.engine} is not one of {', '.join(ENGINES)}"),
            (self.workers < 1, f"workers is {self.workers}, wanted 1 or more"),
            (self.accounts < 1, f"accounts is {self.accounts}, wanted 1 or more"),
            (self.block < 0, f"block is {self.block}, wanted 1 or more rows, or 0 for all at once"),
            (self.interval_ns < 1, f"bar_s is {self.bar_s}, wanted more than 0"),
            (self.speed < 0, f"speed is {self.speed}, wanted more than 0, or 0 for as fast as possible"),
            (self.times < 0, f"times is {self.times}, wanted 0 or more"),
            (
                bool(self.kill) and self.kill not in KILLABLE,
                f"kill {self.kill}: one of {', '.join(KILLABLE)}",
            ),
            (bool(self.kill) != (self.times > 0), "--kill SERVICE and --times K go together"),
            (crashing and self.engine == "inprocess", "nothing can be killed in process; add --engine redis"),
        )
