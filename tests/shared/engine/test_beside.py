"""Two logs cut in the same places are one: whatever comes first and whatever dies, the output is the same."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from shared import metrics as m
from shared.block import Block
from shared.codec import decode
from shared.engine.beside import Beside, BesideStage
from shared.engine.bus import Key, number
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.meter import Meter
from shared.engine.stage import letter
from shared.engine.worker import Edge, Worker
from shared.failures import BadInput, Corrupt
from shared.store.contract import Letter, RunRow
from shared.store.memory import MemoryStore
from shared.streams import BARS, FACTS, TICKS
from shared.time import END_OF_TAPE
from tests.fixtures.blocks import block
from tests.fixtures.toys import Counter

TICKS_KEY, FACTS_KEY = Key("ticks", 0), Key("facts", 0)
CUTS = 30
FORBIDDEN = 13
"""Rows of a block of facts that the processor refuses."""


class Killed(BaseException):
    """A simulated kill."""


class Listener(Counter):
    """Counts ticks, and facts a hundredfold, so that it can be seen which came before which bar."""

    def handle(self, taken: Block) -> Iterator[Block]:
        if taken.stream is TICKS:
            return super().handle(taken)
        if len(taken) == FORBIDDEN:
            raise BadInput("too many facts")
        self.seen += 100 * len(taken)
        return iter(())


def letters(stream: str) -> list[Letter]:
    made, last = [], 0
    for n in range(1, CUTS + 1):
        until = END_OF_TAPE if n == CUTS else n * 10
        kind = TICKS if stream == "ticks" else FACTS
        rows = [n * 10] * (1 if stream == "ticks" else n % 4)
        made.append(letter(block(kind, rows, watermark_ns=until), "t", number(1, n), last))
        last = number(1, n)
    return made


def stage() -> BesideStage:
    beside = Beside(FACTS_KEY, lambda told: told)
    return BesideStage("features", (TICKS_KEY, beside), (BARS,), Listener(), lambda key: 0)


class Line:
    """The stage on a memory bus, fed in any order, killed at any crash point."""

    def __init__(self) -> None:
        self.hub, self.store = MemoryHub(), MemoryStore()
        self.store.open_run(RunRow(run="t", mode="strict"))
        self.bus = MemoryBus(self.hub)
        self.bus.ensure([TICKS_KEY, FACTS_KEY])
        self.countdown, self.now = -1, 0
        self.worker: Worker | None = None

    def crash(self, point: str) -> None:
        self.countdown -= 1
        if self.countdown == 0:
            raise Killed(point)

    def clock(self) -> int:
        self.now += 500_000_000
        return self.now

    def turn(self) -> bool:
        try:
            if self.worker is None:
                edge = Edge(self.clock, Meter(m.Metrics("features")), self.crash)
                self.worker = Worker("t", MemoryBus(self.hub), self.store, [stage()], edge)
                self.worker.resume()
            return self.worker.turn(0.0)
        except Killed:
            self.worker = None
            return True

    def settle(self) -> None:
        while self.turn():
            pass

    def said(self) -> list[tuple[int, list[int]]]:
        found = self.bus.read({Key("bars", 0): 0}, 0.0).get(Key("bars", 0), [])
        return [(entry.seq, decode(entry.payload)["interval_ns"].tolist()) for entry in found]


def golden() -> list[tuple[int, list[int]]]:
    """Each bar's count: its ticks so far, and the facts of all blocks up to its own."""
    facts = [sum(k % 4 for k in range(1, n + 1)) for n in range(1, CUTS + 1)]
    return [(number(1, n), [n + 100 * facts[n - 1]]) for n in range(1, CUTS + 1)]


@pytest.mark.parametrize("seed", range(25))
def test_kills_and_the_order_of_arrival_change_nothing(seed: int) -> None:
    draw, line = Random(seed), Line()
    waiting = [letters("ticks"), letters("facts")]
    while any(waiting):
        log = draw.choice([log for log in waiting if log])
        line.bus.publish([log.pop(0) for _ in range(min(len(log), draw.randint(1, 6)))])
        line.countdown = draw.randint(1, 12)
        for _ in range(draw.randint(1, 3)):
            line.turn()
    line.settle()
    assert line.said() == golden()


def test_nothing_is_handled_before_its_facts_are_there() -> None:
    line = Line()
    line.bus.publish(letters("ticks"))
    line.settle()
    assert line.said() == []
    line.bus.publish(letters("facts")[:2])
    line.settle()
    assert line.said() == golden()[:2]


def test_facts_that_are_refused_lie_in_the_dead_letters_and_bars_go_on() -> None:
    line, told = Line(), letters("facts")
    bad = block(FACTS, [20] * FORBIDDEN, watermark_ns=20)
    told[1] = letter(bad, "t", number(1, 2), number(1, 1))
    line.bus.publish([*letters("ticks"), *told])
    line.settle()
    assert len(line.said()) == CUTS
    (dead,) = line.store.dead_letters("t")
    assert (dead.stream, dead.seq) == ("facts", number(1, 2))


def test_a_log_of_facts_that_has_lost_its_beginning_stops_the_stage() -> None:
    line = Line()
    line.bus.publish([*letters("ticks"), *letters("facts")[3:]])
    with pytest.raises(Corrupt, match="no snapshot reaches"):
        line.settle()
