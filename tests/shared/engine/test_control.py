"""Commands of people reach risk off the record, each once, whatever the bus has lost."""

from __future__ import annotations

from shared.engine.bus import Key, number
from shared.engine.control import LOOK_EVERY_NS, ControlStage
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.stage import letter
from shared.store.contract import Commit, Letter, RunRow
from shared.store.memory import MemoryStore
from shared.streams import CONTROL
from tests.fixtures.blocks import block

KEY = Key("control", 0)


class Desk:
    """A record that people write to, and the stage that watches it."""

    def __init__(self) -> None:
        self.store, self.hub = MemoryStore(), MemoryHub()
        self.store.open_run(RunRow(run="t", mode="live"))
        self.epoch = self.store.take_lease("t", "api:0", "api")
        self.last = 0
        self.start()

    def start(self) -> None:
        self.stage = ControlStage(0)
        self.stage.run = "t"
        self.bus = MemoryBus(self.hub)
        self.bus.ensure(self.stage.outputs())
        self.bus.publish(self.stage.resume(self.bus, self.store))

    def command(self, count: int) -> Letter:
        seq = number(self.epoch, count)
        rows = block(CONTROL, [count], watermark_ns=count, command=[1])
        given = letter(rows, "t", seq, self.last)
        commit = Commit(stage="api", partition=0, epoch=self.epoch, seq=seq, outbox=(given,), rows=(rows,))
        self.store.commit("t", [commit])
        self.last = seq
        return given

    def turn(self, now_ns: int) -> None:
        self.bus.publish(self.stage.advance(now_ns).letters)
        self.stage.published(self.store, now_ns)

    def heard(self) -> list[bytes]:
        return [entry.payload for entry in self.bus.read({KEY: 0}, 0.0).get(KEY, [])]


def test_a_command_is_on_the_bus_at_the_next_look_and_only_once() -> None:
    desk = Desk()
    desk.turn(0)
    given = desk.command(1)
    for now in range(1, 4):
        desk.turn(now * LOOK_EVERY_NS)
    assert desk.heard() == [given.payload]


def test_it_never_sleeps_through_a_look_nor_while_a_command_waits() -> None:
    desk = Desk()
    desk.turn(0)
    assert 0.0 < desk.stage.patience_s(LOOK_EVERY_NS // 2) < LOOK_EVERY_NS / 1e9
    desk.command(1)
    desk.turn(LOOK_EVERY_NS)
    assert desk.stage.patience_s(LOOK_EVERY_NS) == 0.0


def test_a_wiped_bus_gets_every_command_again() -> None:
    desk = Desk()
    given = [desk.command(count) for count in (1, 2)]
    desk.start()
    desk.hub.wipe()
    desk.start()
    assert desk.heard() == [letter.payload for letter in given]
