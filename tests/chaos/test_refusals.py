"""A block that cannot be used changes nothing, and the line goes on."""

from __future__ import annotations

from collections.abc import Mapping

from research.replay.simulation import Simulation
from shared.engine.bus import Bus, Entry, Key, number
from shared.engine.memory_bus import MemoryBus
from tests.chaos.refusals import Deaf, HalfApplied, Picky, marked_line
from tests.fixtures.line import RUN, Line, line, small_tape

TICKS = 2_000
BROKEN = (Key("features", 1), number(1, 40))


class GarblingBus(MemoryBus):
    """A bus on which one entry cannot be read."""

    def read(self, after: Mapping[Key, int], wait_s: float) -> dict[Key, list[Entry]]:
        found = super().read(after, wait_s)
        key, seq = BROKEN
        if key in found:
            found[key] = [e._replace(payload=b"\x9a\x01") if e.seq == seq else e for e in found[key]]
        return found


class Garbled(Simulation):
    """A line with such a bus."""

    def connect(self) -> Bus:
        return GarblingBus(self.hub)


def run(made: Line) -> str:
    Simulation(made.context, made.services).run()
    return made.tally().ledger_sha256


def test_a_refused_block_changes_nothing_and_lies_in_the_dead_letters() -> None:
    refusing = marked_line(Picky, TICKS)
    assert run(refusing) == run(marked_line(Deaf, TICKS))
    letters = refusing.store.dead_letters(RUN)
    assert letters
    assert {(letter.stage, letter.stream, letter.error) for letter in letters} == {
        ("features", "ticks", "a row is marked")
    }


def test_the_planted_half_applied_bad_block_is_found() -> None:
    assert run(marked_line(HalfApplied, TICKS)) != run(marked_line(Deaf, TICKS))


def test_a_garbled_block_leaves_no_gap_behind_a_stage_that_keeps_nothing() -> None:
    made = line(20, tape=small_tape().ticks.rows(0, TICKS))
    garbled = Garbled(made.context, made.services)
    garbled.run()
    assert [(letter.stage, letter.stream, letter.seq) for letter in made.store.dead_letters(RUN)] == [
        ("inference", "features", BROKEN[1])
    ]
