"""What every bus can do; the bus is the doorbell, never the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, Protocol

from shared.store.contract import Letter

EPOCH_BITS: Final = 40
"""A number is an epoch and a count: the epoch of the writer's lease makes a zombie's writes visible."""


class Key(NamedTuple):
    """One partition of one stream: a log with a single writer."""

    stream: str
    partition: int

    def __str__(self) -> str:
        return f"{self.stream}:{self.partition}"


class Entry(NamedTuple):
    """A numbered block as it lies on the bus."""

    seq: int
    payload: bytes
    stamp_ns: int
    """When it was published."""
    origin_ns: int = 0
    """When the newest tick behind it was received, 0 if nobody said."""


Kind = Literal["fetched", "durable"]


class Note(NamedTuple):
    """What a reader tells the writers of the logs it reads: how far it has fetched, or holds durably."""

    kind: Kind
    reader: str
    positions: Mapping[Key, int]
    epoch: int = 0
    """Of the reader's lease: what an earlier holder says no longer counts."""


def number(epoch: int, count: int) -> int:
    """The number of a writer's block in one epoch."""
    return (epoch << EPOCH_BITS) + count


def letter_key(letter: Letter) -> Key:
    """The log that a letter goes to."""
    return Key(letter.stream, letter.partition)


class Bus(Protocol):
    """Carries numbered blocks at least once, in order, within one epoch of the bus.

    Every call may raise `Unavailable`; calls that find the epoch's streams gone raise `Wiped`.
    """

    def ensure(self, keys: Sequence[Key]) -> None:
        """Creates these logs in this epoch, if they are not there yet."""
        ...

    def publish(self, letters: Sequence[Letter], stamp_ns: int = 0, origin_ns: int = 0) -> None:
        """Adds numbered blocks; one that is there already is compared, other bytes are `Corrupt`."""
        ...

    def read(self, after: Mapping[Key, int], wait_s: float) -> dict[Key, list[Entry]]:
        """Entries above these numbers; waits up to `wait_s` for the first one."""
        ...

    def last(self, key: Key) -> int:
        """The last number in a log, 0 if it holds none."""
        ...

    def trim(self, key: Key, below: int) -> None:
        """Forgets entries below this number."""
        ...

    def note(self, notes: Sequence[Note]) -> None:
        """Tells the writers how far readers have fetched, or hold durably."""
        ...

    def noted(self, kind: Kind) -> dict[Key, dict[str, int]]:
        """How far the newest holder of each reader's lease has told that it is, log by log."""
        ...

    def alive(self) -> None:
        """Raises `Wiped` if this epoch's streams are gone."""
        ...

    def close(self) -> None:
        """Gives the connection back."""
        ...
