"""The campaign in memory: many histories of every kind, and a hunt for every planted bug."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from tests.chaos.drill import History, Plant, as_it_is, play, play_live
from tests.chaos.faults import KINDS, LIVE_KINDS, Faults
from tests.chaos.kept import Outcome, Played, kept
from tests.chaos.kill_switch import orders_after_a_halt
from tests.chaos.planted import PUBLISH_BEFORE_COMMIT, Planted, forgetting_the_halt, planted
from tests.chaos.refusals import Deaf, HalfApplied, Picky, tally_of

HISTORIES: Final = 300
TICKS: Final = 3_500
SEEDS_FOR_A_BUG: Final = 10
Play = Callable[[Faults, int, int], History]


class Kind(NamedTuple):
    """What came of all histories of one kind."""

    name: str
    law: str
    outcomes: tuple[Outcome, ...]

    @property
    def struck(self) -> Counter[str]:
        """How often each fault struck, all histories together."""
        return sum((Counter(outcome.struck) for outcome in self.outcomes), Counter[str]())

    @property
    def failures(self) -> tuple[tuple[int, str], ...]:
        """The seeds that failed, and how."""
        return tuple((outcome.seed, outcome.failure) for outcome in self.outcomes if outcome.failure)


class Bug(NamedTuple):
    """How a planted bug was found: after how many histories, and by what; 0 if it was not."""

    name: str
    histories: int
    evidence: str
    clean_failures: int


def campaign(
    histories: int, folder: Path, say: Callable[[str], None] = print
) -> tuple[list[Kind], list[Bug]]:
    """Plays what the folder lacks of every kind, and plants every bug."""
    kinds = []
    for faults, law, way in (
        *((faults, "golden ledger", play) for faults in KINDS),
        *((faults, "invariants", play_live) for faults in LIVE_KINDS),
    ):
        kinds.append(_kind(faults, law, way, histories, folder))
        say(f"{faults.name}: N={histories}, failures {len(kinds[-1].failures)}")
    bugs = []
    for bug in _bugs():
        bugs.append(bug)
        say(f"planted {bug.name}: {'found after ' + str(bug.histories) if bug.histories else 'NOT FOUND'}")
    return kinds, bugs


def _kind(faults: Faults, law: str, way: Play, histories: int, folder: Path) -> Kind:
    outcomes = (
        kept(folder, faults.name, seed, partial(_history, faults, way, seed)) for seed in range(histories)
    )
    return Kind(faults.name, law, tuple(outcomes))


def _history(faults: Faults, way: Play, seed: int) -> Played:
    made = way(faults, seed, TICKS)
    return Played(made.failure, made.struck, made.size)


def _bugs() -> Iterator[Bug]:
    clock = count(1)
    for bug in planted(TICKS, lambda: next(clock)):
        yield _hunt(bug.name, partial(_sick, bug), partial(_clean, bug))
    yield _hunt(
        "kill state in memory", partial(_late_orders, forgetting_the_halt), partial(_late_orders, as_it_is)
    )
    yield _hunt("half-applied bad block", partial(_changed, HalfApplied), partial(_changed, Picky))
    live = PUBLISH_BEFORE_COMMIT
    yield _hunt(
        f"{live.name} (live)",
        lambda seed: play_live(live.faults, seed, TICKS, live.plant).failure,
        lambda seed: play_live(live.faults, seed, TICKS).failure,
    )


def _sick(bug: Planted, seed: int) -> str:
    return play(bug.faults, seed, TICKS, bug.plant, bug.record).failure


def _clean(bug: Planted, seed: int) -> str:
    return play(bug.faults, seed, TICKS).failure


def _hunt(name: str, sick: Callable[[int], str], clean: Callable[[int], str]) -> Bug:
    for seed in range(SEEDS_FOR_A_BUG):
        evidence = sick(seed)
        if evidence:
            return Bug(name, seed + 1, evidence, sum(bool(clean(s)) for s in range(seed + 1)))
    return Bug(name, 0, "", 0)


def _late_orders(plant: Plant, seed: int) -> str:
    late = orders_after_a_halt(seed, TICKS, plant)
    return f"{late} orders after a halt" if late else ""


def _changed(kind: type[Picky], seed: int) -> str:
    """Its one history has no fault but the bad block, so that every seed is the same."""
    found, wanted = tally_of(kind, TICKS).ledger_sha256, tally_of(Deaf, TICKS).ledger_sha256
    return "" if found == wanted else "another ledger than without the refused blocks"
