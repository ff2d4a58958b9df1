"""The bus in one process: the same rules as the others, with faults on request, for tests."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from shared.engine.bus import Bus, Entry, Key, Kind, Note, letter_key
from shared.failures import Corrupt, Wiped
from shared.store.contract import Letter


class MemoryHub:
    """What outlives a crash of its clients: the server's side of a memory bus."""

    def __init__(self) -> None:
        self.epoch = 0
        self.logs: dict[Key, list[Entry]] = {}
        self.firsts: dict[Key, int] = {}
        self.notes: dict[tuple[str, Key], dict[str, tuple[int, int]]] = {}

    def wipe(self) -> None:
        """Loses everything, as a restarted server without a disk does."""
        self.epoch += 1
        self.logs.clear()
        self.firsts.clear()
        self.notes.clear()


class MemoryBus(Bus):
    """One client of a hub; it belongs to the epoch in which it connected."""

    def __init__(self, hub: MemoryHub) -> None:
        self._hub = hub
        self._epoch = hub.epoch
        self._ours: set[Key] = set()

    def ensure(self, keys: Sequence[Key]) -> None:
        """Creates these logs in this epoch, if they are not there yet."""
        self.alive()
        self._ours.update(keys)
        for key in keys:
            self._hub.logs.setdefault(key, [])

    def publish(self, letters: Sequence[Letter], stamp_ns: int = 0, origin_ns: int = 0) -> None:
        """Adds numbered blocks; one that is there already is compared, other bytes are `Corrupt`."""
        self.alive()
        for letter in letters:
            if letter_key(letter) not in self._ours and letter_key(letter) not in self._hub.logs:
                raise Corrupt(f"{letter.stream}:{letter.partition} is no log that this run writes")
            log = self._log(letter_key(letter))
            if log and letter.seq <= log[-1].seq:
                self._compare(log, letter)
            elif letter.seq > self._hub.firsts.get(letter_key(letter), 0):
                log.append(Entry(letter.seq, letter.payload, stamp_ns, origin_ns))

    def read(self, after: Mapping[Key, int], wait_s: float) -> dict[Key, list[Entry]]:
        """Entries above these numbers; it never waits."""
        self.alive()
        found: dict[Key, list[Entry]] = {}
        for key, seq in after.items():
            log = self._hub.logs.get(key, [])
            entries = log[bisect_right(log, seq, key=lambda entry: entry.seq) :]
            if entries:
                found[key] = entries
        return found

    def last(self, key: Key) -> int:
        """The last number in a log, 0 if it holds none."""
        self.alive()
        log = self._hub.logs.get(key)
        return log[-1].seq if log else self._hub.firsts.get(key, 0)

    def trim(self, key: Key, below: int) -> None:
        """Forgets entries below this number."""
        self.alive()
        log = self._log(key)
        gone = [entry.seq for entry in log if entry.seq < below]
        if gone:
            self._hub.firsts[key] = gone[-1]
            del log[: len(gone)]

    def note(self, notes: Sequence[Note]) -> None:
        """Tells the writers how far readers have fetched, or hold durably."""
        self.alive()
        for kind, reader, positions, epoch in notes:
            for key, seq in positions.items():
                told = self._hub.notes.setdefault((kind, key), {})
                if epoch >= told.get(reader, (0, 0))[0]:
                    told[reader] = (epoch, seq)

    def noted(self, kind: Kind) -> dict[Key, dict[str, int]]:
        """How far the newest holder of each reader's lease has told that it is, log by log."""
        self.alive()
        return {
            key: {reader: seq for reader, (_, seq) in told.items()}
            for (of, key), told in self._hub.notes.items()
            if of == kind
        }

    def alive(self) -> None:
        """Raises `Wiped` if this epoch's streams are gone."""
        if self._epoch != self._hub.epoch:
            raise Wiped(f"the bus is in epoch {self._hub.epoch}, this client in {self._epoch}")

    def close(self) -> None:
        """There is no connection to give back."""

    def _log(self, key: Key) -> list[Entry]:
        log = self._hub.logs.get(key)
        if log is None:
            raise Wiped(f"the log {key} is gone")
        return log

    @staticmethod
    def _compare(log: list[Entry], letter: Letter) -> None:
        for entry in reversed(log):
            if entry.seq == letter.seq and entry.payload != letter.payload:
                raise Corrupt(f"{letter.stream}:{letter.partition} #{letter.seq} is there with other bytes")
            if entry.seq == letter.seq:
                return
            if entry.seq < letter.seq:
                raise Corrupt(
                    f"{letter.stream}:{letter.partition} is past #{letter.seq}, which it never held"
                )
