"""What may go wrong in a drill, and the twins of the record and the bus that let it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

import msgspec

from shared.engine.bus import Entry, Key
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.failures import Unavailable
from shared.store.contract import Commit
from shared.store.memory import MemoryStore

LIVE_ROWS: Final = (500,)
"""A live line cuts its own way: the rows of a cut are no matter of the faults."""


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """How often each fault is meant to strike in one history."""

    name: str
    rows: tuple[int, ...] = LIVE_ROWS
    shuffled: float = 0.0
    kills: float = 0.0
    stops: float = 0.0
    wipes: float = 0.0
    cuts: float = 0.0
    lost_replies: float = 0.0
    echoes: float = 0.0
    zombies: float = 0.0


KINDS: Final = (
    Faults(name="cuts", rows=(7, 23, 100, 333, 1_000, 20_000)),
    Faults(name="order of services", rows=(40, 200), shuffled=1.0),
    Faults(name="kill at a crash point", rows=(40, 200), kills=12.0, shuffled=0.5),
    Faults(name="kill between rounds", rows=(40, 200), stops=12.0, shuffled=0.5),
    Faults(name="bus wiped", rows=(40, 200), wipes=3.0, shuffled=0.5),
    Faults(name="connection cut before COMMIT", rows=(40, 200), cuts=10.0, shuffled=0.5),
    Faults(name="COMMIT reply lost", rows=(40, 200), lost_replies=10.0, shuffled=0.5),
    Faults(name="entries delivered again", rows=(40, 200), echoes=100.0, shuffled=0.5),
    Faults(name="zombie writers", rows=(40, 200), zombies=10.0, shuffled=0.5),
    Faults(
        name="everything at once",
        rows=(30, 100, 500),
        shuffled=1.0,
        kills=5.0,
        stops=3.0,
        wipes=1.0,
        cuts=3.0,
        lost_replies=3.0,
        echoes=20.0,
        zombies=3.0,
    ),
)
"""The kinds of a strict campaign: each history of each must come to the golden ledger."""

LIVE_KINDS: Final = (
    Faults(name="live kills", kills=12.0, stops=6.0, shuffled=0.5),
    Faults(name="live wipes", wipes=3.0, shuffled=0.5),
    Faults(name="live cut connections and lost replies", cuts=10.0, lost_replies=10.0, shuffled=0.5),
    msgspec.structs.replace(KINDS[-1], name="live everything at once", rows=LIVE_ROWS),
)
"""The kinds of a live campaign: each history's record must keep every invariant."""


class Dice:
    """Says whether a fault strikes now, and counts those that did."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.struck: Counter[str] = Counter()
        self.chances: Mapping[str, float] = {}

    def strikes(self, kind: str) -> bool:
        """Whether this is the moment; a kind without a chance leaves the dice alone."""
        chance = self.chances.get(kind, 0.0)
        if not chance or self.draw.random() >= chance:
            return False
        self.struck[kind] += 1
        return True


class CutStore(MemoryStore):
    """A record whose connection breaks: before a commit was made, or after it, when only the answer is lost.

    It notes every commit of a lease that had moved on: nobody may ever make one.
    """

    def __init__(self, dice: Dice) -> None:
        super().__init__()
        self.stale: list[str] = []
        self._dice = dice
        self._newest: dict[str, int] = {}

    def commit(self, run: str, commits: Sequence[Commit]) -> None:
        """All of it in one transaction, if the connection holds."""
        if self._dice.strikes("cuts"):
            raise Unavailable("the connection was cut before COMMIT")
        super().commit(run, commits)
        self.stale += [made.lease for made in commits if made.epoch < self._newest[made.lease]]
        if self._dice.strikes("lost_replies"):
            raise Unavailable("the answer to COMMIT was lost")

    def take_lease(self, run: str, name: str, holder: str) -> int:
        """The new epoch, if the connection holds."""
        if self._dice.strikes("cuts"):
            raise Unavailable("the connection was cut before a lease was taken")
        self._newest[name] = super().take_lease(run, name, holder)
        return self._newest[name]

    def save_snapshot(self, run: str, stage: str, partition: int, seq: int, state: bytes, keep: int) -> None:
        """Keeps a snapshot, if the connection holds."""
        super().save_snapshot(run, stage, partition, seq, state, keep)
        if self._dice.strikes("lost_replies"):
            raise Unavailable("the answer to a snapshot was lost")


class EchoBus(MemoryBus):
    """A bus that delivers at least once, and sometimes a good deal again."""

    def __init__(self, hub: MemoryHub, echoes: Callable[[], bool]) -> None:
        super().__init__(hub)
        self._echoes = echoes

    def read(self, after: Mapping[Key, int], wait_s: float) -> dict[Key, list[Entry]]:
        """Entries above these numbers; now and then the log from its beginning."""
        again = {key: seq if seq == 0 or not self._echoes() else 1 for key, seq in after.items()}
        return super().read(again, wait_s)
