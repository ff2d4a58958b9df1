"""The proof over many seeds, and the laws that it has to keep; a proof that was stopped goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

from tests.fixtures.house import ROOT
from tests.honesty.seeds import Seed, play

SEEDS: Final = 200
FOLDER: Final = ROOT / "build" / "honesty"
"""Where `make proof` keeps them; without this folder it begins from the beginning."""
MOST_UNCOVERED: Final = 0.10
MOST_FALSE_EDGES: Final = 0.05
Kept = TypeVar("Kept")


class Law(NamedTuple):
    """What must hold: how often it did, of how many, and how often at least."""

    words: str
    held: int
    of: int
    least: int

    @property
    def is_kept(self) -> bool:
        """Whether it held often enough."""
        return self.held >= self.least


def laws(seeds: Sequence[Seed]) -> tuple[Law, ...]:
    """The laws of the proof, counted."""
    count = len(seeds)
    return (
        Law(
            "the oracle's 95 % interval holds the planted coefficient",
            sum(one.covered for one in seeds),
            count,
            at_least(count, MOST_UNCOVERED),
        ),
        Law(
            "no lower bound of a trained model lies above the planted coefficient",
            sum(not one.too_much for one in seeds),
            count,
            count,
        ),
        Law(
            "without the signal, the 1 % test says *no edge*",
            sum(one.verdict_without == "no edge" for one in seeds),
            count,
            at_least(count, MOST_FALSE_EDGES),
        ),
    )


def at_least(count: int, most_missed: float) -> int:
    """How many of a count must hold when a share may miss."""
    return count - int(count * most_missed)


def campaign(count: int, folder: Path, say: Callable[[str], None] = print) -> list[Seed]:
    """Plays the seeds that the folder lacks."""
    seeds = []
    for seed in range(count):
        seeds.append(kept(folder / f"seed-{seed}.json", Seed, partial(play, seed)))
        if not (seed + 1) % 10:
            say("; ".join(f"{law.words}: {law.held} of {law.of}" for law in laws(seeds)))
    return seeds


def kept(file: Path, kind: type[Kept], make: Callable[[], Kept]) -> Kept:
    """What the file holds, else what is made now and written there, whole or not at all."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_bytes(msgspec.json.encode(make()))
        unfinished.replace(file)
    return msgspec.json.decode(file.read_bytes(), type=kind)
