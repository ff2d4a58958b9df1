"""One history of the line under one kind of fault: everything that happens is a function of its seed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from random import Random
from typing import Final, NamedTuple

from research.replay.simulation import Killed, Simulation
from research.replay.tally import Tally
from shared.engine.bus import Bus
from shared.engine.memory_bus import MemoryBus
from shared.engine.worker import Worker
from shared.failures import BadInput, Corrupt, Fenced, Unavailable, Wiped
from tests.chaos.faults import CutStore, Dice, EchoBus, Faults
from tests.chaos.invariants import broken
from tests.fixtures.line import THRESHOLDS, Line, line, small_tape

PACE_NS: Final = 30_000_000
"""A step of the drill's clock: snapshots and trimming fall due some dozen times in a history."""
CRASH_POINTS_A_STEP: Final = 3
COMMITS_A_STEP: Final = 0.4
READS_A_STEP: Final = 8
GIVE_UP_ROUNDS: Final = 6_000
LIVE_ROWS: Final = 12
"""Rows of a live cut: small, so that the tape lasts longer than the decisions that it asks for."""

Plant = Callable[[Line], Line]


class Drill(Simulation):
    """A simulation whose workers die, linger as zombies, and whose bus is wiped, as the dice say."""

    def __init__(self, made: Line, dice: Dice) -> None:
        super().__init__(made.context, made.services)
        self.dice = dice
        self.crash = self._maybe_die
        self._zombies: list[Worker] = []

    def connect(self) -> Bus:
        """A client that may hear things twice."""
        return EchoBus(self.hub, partial(self.dice.strikes, "echoes"))

    def wipe(self) -> None:
        """Loses all that the bus holds."""
        self.hub.wipe()

    def step(self, service: str) -> bool:
        """One round of one service, after what befalls the line between rounds."""
        self.now_ns += PACE_NS
        if self.dice.strikes("stops"):
            self.kill(service)
        if self.dice.strikes("zombies") and service in self._workers:
            self._zombies.append(self._workers.pop(service))
        if self.dice.strikes("wipes"):
            self.wipe()
        if self._zombies and self.dice.draw.random() < 0.1:
            _stir(self._zombies.pop(0))
        try:
            return super().step(service)
        except Fenced:
            self.kill(service)
            return True

    def settle(self, rounds: int = 40) -> None:
        """Lets everything that is on its way arrive, in peace."""
        self.dice.chances = {}
        for _ in range(rounds):
            for service in self._services:
                self.step(service)

    def _maybe_die(self, point: str) -> None:
        if self.dice.strikes("kills"):
            raise Killed(point)


def as_it_is(clean: Line) -> Line:
    """Nothing planted."""
    return clean


class History(NamedTuple):
    """How a history ended: what it came to, or why it did not."""

    seed: int
    failure: str
    tally: Tally | None
    struck: dict[str, int]

    @property
    def size(self) -> dict[str, int]:
        """How many orders and fills it came to."""
        return {} if self.tally is None else {"orders": self.tally.orders, "fills": self.tally.fills}


@cache
def golden(ticks: int) -> tuple[Tally, int]:
    """What the line comes to when nothing goes wrong, and how many steps that takes."""
    made = line(100, tape=small_tape().ticks.rows(0, ticks))
    calm = Simulation(made.context, made.services)
    calm.run()
    return made.tally(), calm.now_ns // 1_000_000


def play(
    faults: Faults,
    seed: int,
    ticks: int,
    plant: Plant = as_it_is,
    record: Callable[[Dice], CutStore] = CutStore,
) -> History:
    """Plays one strict history; a failure says in which way it broke the law."""
    draw = Random(f"{faults.name}/{seed}")
    wanted, steps = golden(ticks)
    dice = Dice(draw)
    own = {a: CutStore(dice) for a in range(len(THRESHOLDS))}
    kept = record(dice)
    made = plant(line(draw.choice(faults.rows), kept, own, tape=small_tape().ticks.rows(0, ticks)))
    drill = Drill(made, dice)
    dice.chances = chances(faults, steps)
    failure = outcome(drill, draw if draw.random() < faults.shuffled else None)
    found = None if failure else made.tally()
    if found is not None and found.ledger_sha256 != wanted.ledger_sha256:
        failure = f"ledger {found.ledger_sha256[:12]} instead of {wanted.ledger_sha256[:12]}"
    if kept.stale:
        failure = f"{kept.stale[0]} was written by a holder whose lease had moved on"
    return History(seed, failure, found, dict(dice.struck))


def play_live(faults: Faults, seed: int, ticks: int, plant: Plant = as_it_is) -> History:
    """Plays one live history; a failure names the invariants that its record breaks."""
    draw = Random(f"live {faults.name}/{seed}")
    dice = Dice(draw)
    made = plant(live_line(dice, ticks))
    drill = Drill(made, dice)
    dice.chances = chances(faults, golden(ticks)[1])
    failure = outcome(drill, draw if draw.random() < faults.shuffled else None)
    if not failure:
        drill.settle()
        failure = "; ".join(broken(made, MemoryBus(drill.hub)))
    return History(seed, failure, made.tally(), dict(dice.struck))


def live_line(dice: Dice, ticks: int) -> Line:
    """A live line about to start."""
    tape = small_tape().ticks.rows(0, ticks)
    own = {a: CutStore(dice) for a in range(len(THRESHOLDS))}
    return line(LIVE_ROWS, CutStore(dice), own, "live", tape)


def chances(faults: Faults, steps: int) -> dict[str, float]:
    """How likely each fault is at each of its moments, so that it strikes as often as it is meant to."""
    return {
        "kills": faults.kills / (steps * CRASH_POINTS_A_STEP),
        "stops": faults.stops / steps,
        "wipes": faults.wipes / steps,
        "cuts": faults.cuts / (steps * COMMITS_A_STEP),
        "lost_replies": faults.lost_replies / (steps * COMMITS_A_STEP),
        "echoes": faults.echoes / (steps * READS_A_STEP),
        "zombies": faults.zombies / steps,
    }


def outcome(drill: Drill, order: Random | None) -> str:
    """Plays it to its end; says what stopped it, if anything did."""
    try:
        drill.run(order, GIVE_UP_ROUNDS)
    except (Corrupt, BadInput) as error:
        return f"{type(error).__name__}: {error}"
    except RuntimeError as error:
        return f"standstill: {error}"
    return ""


def _stir(zombie: Worker) -> None:
    """A worker that was thought dead takes one more turn; what it meets may stop it."""
    try:
        zombie.turn(0.0)
    except (Fenced, Wiped, Unavailable, Corrupt, Killed):
        return
