"""Redis Streams: one stream a log, the number is the entry id, so that the server refuses doubles."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from shared.engine.bus import EPOCH_BITS, Bus, Entry, Key, Kind, Note, letter_key
from shared.engine.redis_wire import Command, Wire, granted
from shared.failures import Corrupt, Unavailable, Wiped
from shared.store.contract import Letter

MOST_AT_ONCE: Final = 512
"""Entries of one log in one reply, if they are small."""
FIRST_LOOK: Final = 16
"""Entries to ask for while nobody knows how large they are."""
BYTES_AT_ONCE: Final = 1 << 20
"""What one command or one reply should carry: more of it leaves the processor's cache and is slower."""
BLOCK_S: Final = 1.0
LOOK_AFTER_S: Final = 0.25
"""What a source may wait in small pieces before it asks whether its streams are still there."""
FIRST: Final = b"0-1"
"""The id of the entry that every log starts with."""
_MASK: Final = (1 << EPOCH_BITS) - 1


def entry_id(seq: int) -> str:
    """A number as Redis writes it: epoch, dash, count."""
    return f"{seq >> EPOCH_BITS}-{seq & _MASK}"


def entry_seq(raw: bytes) -> int:
    """The number in an entry id."""
    epoch, count = raw.split(b"-")
    return (int(epoch) << EPOCH_BITS) + int(count)


def open_epoch(url: str, run: str, seen: int, bump: Callable[[int], int]) -> RedisBus:
    """Joins the run's current epoch; a bus that lost it gets the next one, agreed in Postgres."""
    wire = Wire(url)
    if seen and wire.ask("EXISTS", _alive_key(run, seen)):
        return RedisBus(wire, run, seen)
    wire.ask("SET", _alive_key(run, seen + 1), b"1", "NX")
    return RedisBus(wire, run, bump(seen))


def wipe(url: str, run: str) -> None:
    """Loses everything that the bus holds of a run, as a server without a disk does when it dies."""
    wire = Wire(url)
    names = wire.names(f"tl:{run}:*")
    if names:
        wire.ask("DEL", *names)
    wire.close()


def _alive_key(run: str, epoch: int) -> str:
    return f"tl:{run}:{epoch}:alive"


class RedisBus(Bus):
    """One connection, used by one thread."""

    def __init__(self, wire: Wire, run: str, epoch: int) -> None:
        self._wire = wire
        self._prefix = f"tl:{run}:{epoch}"
        self._alive = _alive_key(run, epoch)
        self._names: dict[Key, bytes] = {}
        self._keys: dict[bytes, Key] = {}
        self._ours: set[Key] = set()
        self._count = FIRST_LOOK
        self._waited_s = LOOK_AFTER_S

    def ensure(self, keys: Sequence[Key]) -> None:
        """Creates these logs in this epoch, if they are not there yet."""
        self._ours.update(keys)
        commands = [("XADD", self._name(key), FIRST, b"genesis", b"1") for key in keys]
        for reply in self._wire.together(commands):
            if "equal or smaller" not in str(reply):
                granted(reply)
        self.alive()

    def publish(self, letters: Sequence[Letter], stamp_ns: int = 0, origin_ns: int = 0) -> None:
        """Adds numbered blocks; one that is there already is compared, other bytes are `Corrupt`."""
        left = letters
        while left:
            replies = self._wire.in_turn(
                [self._adding(letter, stamp_ns, origin_ns) for letter in some] for some in _handfuls(left)
            )
            for letter, reply in zip(left, replies, strict=False):
                self._settle(letter, reply)
            left = left[len(replies) :]

    def read(self, after: Mapping[Key, int], wait_s: float) -> dict[Key, list[Entry]]:
        """Entries above these numbers; waits up to `wait_s` for the first one.

        The server wakes a waiting reader with the first log that moves; one more look takes along the other
        partitions of that stream, which were published together with it.
        """
        if not after:
            return self._only_wait(wait_s)
        found = self._read(after, max(1, int(min(wait_s, BLOCK_S) * 1000)) if wait_s > 0 else 0)
        if len(found) == 1 and wait_s > 0:
            ((key, entries),) = found.items()
            if not any(other.stream == key.stream for other in after if other != key):
                return found
            rest = self._read({**after, key: entries[-1].seq}, 0)
            found[key] = entries + rest.pop(key, [])
            found.update(rest)
        if not found and wait_s > 0:
            self.alive()
        return found

    def _adding(self, letter: Letter, stamp_ns: int, origin_ns: int) -> Command:
        name = self._name(letter_key(letter))
        added = "XADD", name, "NOMKSTREAM", entry_id(letter.seq), "b", letter.payload
        return *added, "t", stamp_ns, "o", origin_ns

    def _read(self, after: Mapping[Key, int], wait_ms: int) -> dict[Key, list[Entry]]:
        names = [self._name(key) for key in after]
        ids = [entry_id(seq) if seq else FIRST for seq in after.values()]
        block = ("BLOCK", wait_ms) if wait_ms else ()
        reply = self._wire.ask("XREAD", "COUNT", self._count, *block, "STREAMS", *names, *ids)
        found = {self._keys[name]: _entries(rows) for name, rows in reply or ()}
        self._learn([len(entry.payload) for entries in found.values() for entry in entries])
        return found

    def _learn(self, sizes: Sequence[int]) -> None:
        """How many entries to ask for next: as many as these were large."""
        if sizes:
            self._count = max(1, min(MOST_AT_ONCE, BYTES_AT_ONCE * len(sizes) // (sum(sizes) + 1)))

    def _only_wait(self, wait_s: float) -> dict[Key, list[Entry]]:
        """A source reads nothing, and must notice all the same that its streams are gone."""
        if wait_s > 0:
            time.sleep(wait_s)
            self._waited_s += wait_s
        if self._waited_s >= LOOK_AFTER_S:
            self._waited_s = 0.0
            self.alive()
        return {}

    def last(self, key: Key) -> int:
        """The last number in a log, 0 if it holds none."""
        (reply,) = self._wire.together([("XINFO", "STREAM", self._name(key))])
        if isinstance(reply, Exception):
            if "no such key" not in str(reply):
                granted(reply)
            self.alive()
            return 0
        told = dict(zip(reply[::2], reply[1::2], strict=True))
        last = entry_seq(told[b"last-generated-id"])
        return last if last > 1 else 0

    def trim(self, key: Key, below: int) -> None:
        """Forgets entries below this number."""
        self._wire.ask("XTRIM", self._name(key), "MINID", entry_id(below))

    def note(self, notes: Sequence[Note]) -> None:
        """Tells the writers how far readers have fetched, or hold durably, all in one go."""
        commands = []
        for kind, reader, positions, epoch in notes:
            told = [word for key, seq in positions.items() for word in (f"{key} {reader} {epoch}", seq)]
            if told:
                commands.append(("HSET", self._notes(kind), *told))
        for reply in self._wire.together(commands):
            granted(reply)

    def noted(self, kind: Kind) -> dict[Key, dict[str, int]]:
        """How far the newest holder of each reader's lease has told that it is, log by log.

        Each holder writes a field of its own, so that none can overwrite its successor's; those that count
        no longer are swept up here.
        """
        reply = self._wire.ask("HGETALL", self._notes(kind))
        newest: dict[tuple[bytes, bytes], tuple[int, int]] = {}
        past = []
        for name, seq in zip(reply[::2], reply[1::2], strict=True):
            log, reader, epoch = name.split(b" ")
            told, before = (int(epoch), int(seq)), newest.get((log, reader))
            if before is not None:
                past.append(b"%s %s %d" % (log, reader, min(told, before)[0]))
            newest[log, reader] = told if before is None else max(told, before)
        if past:
            self._wire.ask("HDEL", self._notes(kind), *past)
        notes: dict[Key, dict[str, int]] = {}
        for (log, reader), (_, said) in newest.items():
            stream, partition = log.decode().split(":")
            notes.setdefault(Key(stream, int(partition)), {})[reader.decode()] = said
        return notes

    def alive(self) -> None:
        """Raises `Wiped` if this epoch's streams are gone."""
        if not self._wire.ask("EXISTS", self._alive):
            raise Wiped(f"{self._alive} is gone: the bus was wiped")

    def close(self) -> None:
        """Gives the connection back."""
        self._wire.close()

    def _notes(self, kind: Kind) -> str:
        return f"{self._prefix}:notes:{kind}"

    def _name(self, key: Key) -> bytes:
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"{self._prefix}:{key}".encode()
            self._keys[name] = key
        return name

    def _settle(self, letter: Letter, reply: object) -> None:
        if reply is None and letter_key(letter) not in self._ours:
            raise Corrupt(f"{letter.stream}:{letter.partition} is no log that this run writes")
        if reply is None:
            raise Wiped(f"{letter.stream}:{letter.partition} is gone: the bus was wiped")
        if not isinstance(reply, Exception):
            return
        if "equal or smaller" not in str(reply):
            raise Unavailable(f"the bus refused {letter.stream}:{letter.partition} #{letter.seq}: {reply}")
        self._compare(letter)

    def _compare(self, letter: Letter) -> None:
        name, wanted = self._name(letter_key(letter)), entry_id(letter.seq)
        there = _entries(self._wire.ask("XRANGE", name, wanted, wanted))
        if there and there[0].payload == letter.payload:
            return
        if there:
            raise Corrupt(f"{letter.stream}:{letter.partition} #{letter.seq} is there with other bytes")
        first = _entries(self._wire.ask("XRANGE", name, "0-2", "+", "COUNT", 1))
        if first and first[0].seq < letter.seq:
            raise Corrupt(f"{letter.stream}:{letter.partition} is past #{letter.seq}, which it never held")


def _handfuls(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    """The letters in their order, a few large ones or many small ones at a time."""
    start = held = 0
    for at, letter in enumerate(letters):
        if held and held + len(letter.payload) > BYTES_AT_ONCE // 8:
            yield letters[start:at]
            start, held = at, 0
        held += len(letter.payload)
    if start < len(letters):
        yield letters[start:]


def _entries(rows: Any) -> list[Entry]:
    """The blocks among these entries: field b holds the bytes, t and o hold moments beside them."""
    entries = []
    for raw, fields in rows:
        told = dict(zip(fields[::2], fields[1::2], strict=True)) if fields else {}
        if b"b" in told:
            stamps = int(told.get(b"t", 0)), int(told.get(b"o", 0))
            entries.append(Entry(entry_seq(raw), told[b"b"], *stamps))
    return entries
