"""Tick to order in a live line, stage by stage: from receipt at ingest to the COMMIT of the decision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from bench import stamped
from bench.live_line import SYMBOLS, Close, Line, live_line, watch
from bench.measure import Figure, quantiles
from bench.record import DURABLE, disk_commits
from bench.usage import Usage
from research.replay.fleet import Post

CLOSES: Final = 60
WARM_CLOSES: Final = 20
WANTED: Final = ("≤ 3", "≤ 12")
STREAMS: Final = {"features": "bars", "inference": "predictions", "risk": "orders"}
"""Who answers a close, in the order of the line, and what each of them says first."""

Turns = npt.NDArray[np.int64]


class Steps(NamedTuple):
    """One close as moments in their order, in nanoseconds since its receipt."""

    ticks_said: int
    features_read: int
    bars_said: int
    inference_read: int
    predictions_said: int
    risk_read: int
    decided: int
    kept: int


ABOUT: Final = Steps(*range(1, 9))._fields


class Taken(NamedTuple):
    """What was measured: the closes, stage by stage, what each process took for one, and the bare disk."""

    closes: list[Steps]
    orders: int
    usage: dict[str, Usage]
    disk: list[Figure]


def measure(folder: Path) -> list[Figure]:
    """A thousand ticks a second, one-second bars, every commit waiting for the disk."""
    taken = run(folder, WARM_CLOSES, CLOSES)
    total = quantiles("tick → order", [close.kept / 1e9 for close in taken.closes], WANTED)
    about = f"{len(taken.closes)} closes of {SYMBOLS} symbols, {taken.orders} orders"
    figures = [msgspec.structs.replace(figure, about=about) for figure in total]
    before = [0.0] * len(taken.closes)
    for place, name in enumerate(ABOUT):
        now = [close[place] / 1e9 for close in taken.closes]
        figures += quantiles(f"… {NAMES[name]}", [a - b for a, b in zip(now, before, strict=True)])
        before = now
    return [*figures, *taken.disk, *_usage(taken.usage)]


NAMES: Final = {
    "ticks_said": "receipt → ticks published",
    "features_read": "→ features have them",
    "bars_said": "→ bars published",
    "inference_read": "→ inference has the vectors",
    "predictions_said": "→ predictions published",
    "risk_read": "→ risk has them",
    "decided": "→ decided",
    "kept": "→ COMMIT answered",
}


def _usage(found: dict[str, Usage]) -> list[Figure]:
    return [
        Figure(
            name=f"a second of {name}",
            value=used.ran_s * 1e3,
            unit="ms",
            about=f"on a core; {used.waited_s * 1e3:.1f} ms waiting for one",
        )
        for name, used in sorted(found.items(), key=lambda item: -item[1].ran_s)
    ]


def run(folder: Path, warm: int, closes: int) -> Taken:
    """A line with stamps, watched for so many closes."""
    stamps = folder / "stamps"
    stamps.mkdir(parents=True, exist_ok=True)
    before: list[dict[str, Usage]] = []
    with live_line(folder, {stamped.FOLDER: str(stamps)}, _stamped) as line:
        found = watch(line, warm, closes, _noted(line, before))
        after = line.usage()
        disk = disk_commits(line.servers.db, DURABLE)
    turns = {service: stamped.turns(stamps / service) for service in STREAMS}
    used = {name: _each(one.since(before[0].get(name, one)), closes) for name, one in after.items()}
    orders = sum(close.orders for close in found)
    return Taken([_steps(close, turns) for close in found], orders, used, disk)


def _stamped(post: Post) -> tuple[str, str]:
    return "bench.stamped", post.service


def _noted(line: Line, into: list[dict[str, Usage]]) -> Callable[[], None]:
    return lambda: into.append(line.usage())


def _each(used: Usage, closes: int) -> Usage:
    return Usage(used.ran_s / closes, used.waited_s / closes)


def _steps(close: Close, turns: dict[str, Turns]) -> Steps:
    """The turn of a service that spoke of a close is the one that was speaking at that moment."""
    moments = [close.said_ns["ticks"]]
    for service, stream in STREAMS.items():
        said_ns = close.said_ns[stream]
        place = int(np.searchsorted(turns[service][:, stamped.SPEAKING], said_ns, side="right")) - 1
        moments += [int(turns[service][place, stamped.READ]), said_ns]
    _, decided, kept, _, _ = turns["risk"][place].tolist()
    return Steps(*(moment - close.received_ns for moment in (*moments[:-1], decided, kept)))
