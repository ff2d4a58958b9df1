"""A live source as a stage: what it gives is on disk before anyone hears of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from services.ingest.fact_cuts import TOLD, apart, ticks_alone, with_a_block_of_facts
from services.ingest.quality.live_checks import LiveChecks
from services.ingest.source import Source
from shared.block import Block
from shared.codec import decode
from shared.engine.bus import Bus, Key, Kind, number
from shared.engine.silent import ReadsNothing
from shared.engine.stage import Closes, Step, claimed, letter
from shared.lake.block_log import BlockLog
from shared.store.contract import Letter, Store
from shared.streams import FACTS, QUARANTINE
from shared.time import SECOND_NS

SYNC_EVERY_NS: Final = SECOND_NS // 4
LOOK_EVERY_NS: Final = SECOND_NS // 20
CUTS_AHEAD: Final = 4096
CUTS_REFILLED: Final = 2 * CUTS_AHEAD
"""Cuts that an empty bus gets back at least: no reader that is held back can be further behind."""
NEAR_NS: Final = SECOND_NS // 50
"""Around a close the disk belongs to the decision: the log is forced before or after, unless it is late."""
QUIET_NS: Final = SECOND_NS // 200
"""After the end of a bar its rows go first: the next ones wait this long, or a twentieth of a shorter bar."""
QUARANTINE_KEY: Final = Key(QUARANTINE.name, 0)
QUARANTINE_BYTES: Final = 256 << 20
HELD_BACK_S: Final = 0.005
IDLE_S: Final = 0.25


def nothing_is_behind() -> int:
    """A reader that starts anew needs the whole log."""
    return 0


class Guard(NamedTuple):
    """The checks that every row passes, and the log of the rows that did not."""

    checks: LiveChecks
    refused: BlockLog


class LiveStage(ReadsNothing):
    """Numbers cuts by its lease's epoch, records them, then publishes; a slow reader slows the source."""

    leisure_ns = 0

    name = "ingest"
    partition = 0
    interval_ns = 0
    """The length of a bar, whose closes want the disk to themselves; 0 if there are none."""

    def __init__(
        self,
        source: Source,
        log: BlockLog,
        readers: Mapping[Key, frozenset[str]],
        most_bytes: int,
        needed: Callable[[], int] = nothing_is_behind,
        guard: Guard | None = None,
    ) -> None:
        self.run = ""
        self._source = source
        self._log = log
        self._readers = {key: names for key, names in readers.items() if key.stream in TOLD}
        reads_facts = any(key.stream == FACTS.name for key in readers)
        self._as_wanted = with_a_block_of_facts if reads_facts else ticks_alone
        self._most_bytes = most_bytes
        self._needed = needed
        self._guard = guard
        self._refusals = 0
        self._made = 0
        self._behind = 0
        self._next_look_ns = 0
        self._next_sync_ns = 0
        self._promised_ns = 0
        self._ended_ns = self._quiet_until_ns = 0
        self._bus: Bus | None = None

    def outputs(self) -> tuple[Key, ...]:
        """Every partition of the ticks, facts if the run wants them, and what the checks refused."""
        return tuple(self._readers) if self._guard is None else (*self._readers, QUARANTINE_KEY)

    def resume(self, bus: Bus, store: Store) -> list[Letter]:
        """Takes the lease, lets the source go on behind the last recorded cut, fills the bus from disk."""
        self._bus = bus
        self.epoch = claimed(self, bus, store)
        self._log.take()
        if self._guard is not None:
            self._guard.refused.take()
        held = min(bus.last(key) for key in self._readers)
        wanted, last = held if held else self._needed(), 0
        kept: deque[tuple[int, list[bytes]]] = deque(maxlen=CUTS_REFILLED)
        missing: list[Letter] = []
        for seq, payloads in self._log.read(min(wanted, max(0, self._log.last_seq - CUTS_REFILLED))):
            if len(kept) == CUTS_REFILLED and kept[0][0] > wanted:
                missing += _letters(*kept[0])
            kept.append((seq, payloads))
        for seq, payloads in kept:
            last = decode(payloads[0]).watermark_ns
            if seq > held:
                missing += _letters(seq, payloads)
            if self._guard is not None:
                self._learn(self._guard.checks, payloads)
        if self._guard is not None and self._log.last_seq:
            self._guard.checks.resume(last)
        self._source.resume(int(self._log.last_seq > 0), last)
        return missing

    def patience_s(self, now_ns: int) -> float:
        """Until the source has something, or a reader may have caught up."""
        if self._behind >= CUTS_AHEAD:
            return HELD_BACK_S
        due = self._source.due_ns(now_ns)
        if due is None:
            return IDLE_S
        return min(IDLE_S, max(0.0, (max(due, self._quiet_until_ns) - now_ns) / SECOND_NS))

    def advance(self, now_ns: int) -> Step:
        """The next cut, if one is due and the readers are not too far behind."""
        step = Step()
        self._look(now_ns)
        if self._behind >= CUTS_AHEAD or now_ns < self._quiet_until_ns:
            return step
        given = self._source.next(now_ns)
        if given is None:
            return step
        cut = self._as_wanted(given)
        self._made += 1
        self._behind += 1
        self._let_a_close_go_first(cut[0].watermark_ns, now_ns)
        seq, prev = number(self.epoch, self._made), self._log.last_seq
        passed = cut if self._guard is None else self._sifted(self._guard, cut, step)
        ticks = [letter(block, self.run, seq, prev) for block in passed]
        self._log.append(seq, [made.payload for made in ticks])
        self._log.hand_over()
        step.letters += ticks
        return step

    def published(self, store: Store, now_ns: int) -> None:
        """Now and then the log is forced to the disk and kept within its size."""
        late = now_ns >= self._next_sync_ns + SYNC_EVERY_NS
        if late or (now_ns >= self._next_sync_ns and not self._is_near_a_close()):
            self._next_sync_ns = now_ns + SYNC_EVERY_NS
            self._log.flush()
            if self._guard is not None:
                self._guard.refused.flush()

    def close(self) -> None:
        """Lets the venue go, so that a stage that is made after this one is alone with it."""
        if isinstance(self._source, Closes):
            self._source.close()
        self._log.flush()

    def _let_a_close_go_first(self, promised_ns: int, now_ns: int) -> None:
        """After the rows that end a bar nothing is said for a moment: the cores belong to its decision."""
        before_ns, self._promised_ns = self._promised_ns, promised_ns
        interval_ns = self.interval_ns
        if interval_ns and (promised_ns + 1) // interval_ns > (before_ns + 1) // interval_ns:
            self._quiet_until_ns = now_ns + min(QUIET_NS, (now_ns - self._ended_ns) // 20)
            self._ended_ns = now_ns

    def _is_near_a_close(self) -> bool:
        """By the market's clock."""
        interval_ns, at_ns = self.interval_ns, self._promised_ns
        near_ns = min(NEAR_NS, interval_ns // 4)
        return bool(interval_ns) and (at_ns - near_ns) // interval_ns < (at_ns + near_ns) // interval_ns

    def _sifted(self, guard: Guard, cut: Sequence[Block], step: Step) -> Sequence[Block]:
        """What passes the checks; what does not is on disk before the cut is."""
        ticks, facts = apart(cut)
        log, (passed, bad) = guard.refused, guard.checks.sift(ticks)
        if len(bad):
            self._refusals += 1
            made = letter(bad, self.run, number(self.epoch, self._refusals), log.last_seq)
            log.append(made.seq, [made.payload])
            log.hand_over()
            if log.bytes_held() > QUARANTINE_BYTES:
                log.trim(log.last_seq)
            step.letters.append(made)
        return [*passed, *(block.until(passed[0].watermark_ns) for block in facts)]

    @staticmethod
    def _learn(checks: LiveChecks, payloads: Sequence[bytes]) -> None:
        """The checks remember what they accepted before."""
        for block in apart([decode(payload) for payload in payloads])[0]:
            checks.learn(block)

    def _look(self, now_ns: int) -> None:
        """How many cuts the slowest reader has not fetched; and which of them nobody needs again."""
        if now_ns < self._next_look_ns or self._bus is None:
            return
        self._next_look_ns = now_ns + LOOK_EVERY_NS
        self._behind = min(self._made, max(0, self._log.last_seq - self._slowest(self._bus, "fetched")))
        if self._log.bytes_held() > self._most_bytes:
            self._log.trim(min(self._slowest(self._bus, "durable"), self._needed()))

    def _slowest(self, bus: Bus, kind: Kind) -> int:
        """The last number that every reader of every partition has; one that never spoke has none."""
        noted = bus.noted(kind)
        return min(noted.get(key, {}).get(name, 0) for key, names in self._readers.items() for name in names)


def _letters(seq: int, payloads: Sequence[bytes]) -> list[Letter]:
    return [_letter(seq, payload) for payload in payloads]


def _letter(seq: int, payload: bytes) -> Letter:
    head = decode(payload)
    return Letter(
        stream=head.stream.name,
        partition=head.partition,
        seq=seq,
        prev_seq=head.prev_seq,
        watermark_ns=head.watermark_ns,
        payload=payload,
    )
