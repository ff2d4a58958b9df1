"""Commands of people on their way to risk: out of the record's outbox, onto the bus, within a moment."""

from __future__ import annotations

from typing import Final

from shared.engine.bus import Bus, Key
from shared.engine.readers import CONTROL as NAME
from shared.engine.silent import ReadsNothing
from shared.engine.stage import Step
from shared.store.contract import Letter, Store
from shared.streams import CONTROL
from shared.time import SECOND_NS

LOOK_EVERY_NS: Final = SECOND_NS // 10


class ControlStage(ReadsNothing):
    """Looks for letters that the gateway or the command line has committed; it alone puts them on the bus."""

    leisure_ns = 0

    name = NAME

    def __init__(self, account: int) -> None:
        self.partition = account
        self.run = ""
        self._key = Key(CONTROL.name, account)
        self._last = 0
        self._found: list[Letter] = []
        self._next_look_ns = 0

    def outputs(self) -> tuple[Key, ...]:
        """The account's commands."""
        return (self._key,)

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Gives every command that the bus lacks."""
        self._last = bus.last(self._key)
        return self._committed(store)

    def patience_s(self, now_ns: int) -> float:
        """Until the next look, or not at all while a command waits."""
        return 0.0 if self._found else max(0.0, (self._next_look_ns - now_ns) / SECOND_NS)

    def advance(self, now_ns: int) -> Step:
        """Passes on what the last look has found."""
        step = Step(letters=self._found)
        self._found = []
        return step

    def published(self, store: Store, now_ns: int) -> None:
        """Looks again when it is time."""
        if now_ns >= self._next_look_ns:
            self._next_look_ns = now_ns + LOOK_EVERY_NS
            self._found = self._committed(store)

    def _committed(self, store: Store) -> list[Letter]:
        found = list(store.outbox(self.run, CONTROL.name, self.partition, self._last))
        self._last = max((letter.seq for letter in found), default=self._last)
        return found
