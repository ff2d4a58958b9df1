"""The campaign on real servers: lines whose wires are cut until enough has struck, and the large tape.

`python -m tests.chaos.real_campaign FOLDER KIND…` plays only these kinds, such as "real connections cut" or
"tape kill any", and keeps what came of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from tests.chaos.kept import FOLDER, Outcome, Played, kept
from tests.chaos.real_line import REAL_KINDS, RealKind, play_real
from tests.chaos.real_replays import TRIALS, Stage, Trial, play_trial
from tests.fixtures.postgres import Server, private_or_named
from tests.fixtures.redis import redis_server

TICKS: Final = 3_500
LEAST: Final = {"cuts": 100, "lost_replies": 100, "wipes": 20}
"""A kind goes on until its faults have struck this often; everything at once has a number of histories."""
HISTORIES: Final = 4
"""The fewest of a kind."""

Say = Callable[[str], None]


def real_campaign(folder: Path = FOLDER, say: Say = print, names: Sequence[str] = ()) -> list[Outcome]:
    """Plays what the folder lacks, of all kinds or of those with these names."""
    outcomes: list[Outcome] = []
    with redis_server() as bus:
        for server in private_or_named():
            server.prepare()
            for kind in REAL_KINDS:
                if not names or f"real {kind.faults.name}" in names:
                    outcomes += _line(folder, kind, bus, server, say)
            trials = [trial for trial in TRIALS if not names or f"tape {trial.kind}" in names]
            if trials:
                stage = Stage(folder / "replays", bus, server)
                outcomes += [_trial(folder, stage, trial, say) for trial in trials]
    return outcomes


def _line(folder: Path, kind: RealKind, bus: str, server: Server, say: Say) -> list[Outcome]:
    """Histories until every fault of the kind has struck often enough."""
    found: list[Outcome] = []
    for seed in count():
        play = partial(_history, kind, seed, bus, server)
        found.append(kept(folder, f"real {kind.faults.name}", seed, play))
        say(_told(found[-1]))
        if len(found) >= HISTORIES and _enough(kind, found):
            return found
    return found


def _history(kind: RealKind, seed: int, bus: str, server: Server) -> Played:
    made = play_real(kind, seed, TICKS, bus, server)
    return Played(made.failure, made.struck, made.size)


def _enough(kind: RealKind, found: Sequence[Outcome]) -> bool:
    """Whether the one fault of a kind has struck as often as is wanted; a mixture has no such number."""
    asked = [name for name in LEAST if getattr(kind.faults, name)]
    if len(asked) > 1:
        return True
    return all(sum(outcome.struck.get(name, 0) for outcome in found) >= LEAST[name] for name in asked)


def _trial(folder: Path, stage: Stage, trial: Trial, say: Say) -> Outcome:
    found = kept(folder, f"tape {trial.kind}", trial.seed, partial(play_trial, stage, trial))
    say(_told(found))
    return found


def _told(outcome: Outcome) -> str:
    struck = ", ".join(f"{times} {name}" for name, times in outcome.struck.items()) or "no fault"
    return f"{outcome.kind} {outcome.seed}: {outcome.failure or 'passed'}, {struck}, {outcome.seconds:.0f} s"


if __name__ == "__main__":
    real_campaign(Path(sys.argv[1]), partial(print, flush=True), sys.argv[2:])
