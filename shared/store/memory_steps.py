"""Runs, leases, steps and snapshots in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from shared.failures import Corrupt, Fenced
from shared.store.memory_rows import MemoryRows
from shared.store.memory_state import Place, Stage
from shared.store.rows import Commit, Letter, RunRow, StageCursor, StageRow


class MemorySteps(MemoryRows):
    """The topics that stages live on."""

    def open_run(self, run: RunRow) -> RunRow:
        """Inserts a new run with its kill state, or reads back the one of that name."""
        with self._s.lock:
            self._s.halted.setdefault(run.run, run.halted)
            return self._s.runs.setdefault(run.run, run)

    def run(self, run: str) -> RunRow | None:
        """The run of this name."""
        return self._s.runs.get(run)

    def runs(self) -> list[RunRow]:
        """Every run, by name."""
        return [self._s.runs[run] for run in sorted(self._s.runs)]

    def bump_bus_epoch(self, run: str, seen: int) -> int:
        """Moves to the next epoch unless somebody already did; gives the one now valid."""
        with self._s.lock:
            row = self._known(run)
            if row.bus_epoch == seen:
                row = self._s.runs[run] = msgspec.structs.replace(row, bus_epoch=seen + 1)
            return row.bus_epoch

    def complete_run(self, run: str) -> None:
        """Declares that nothing more will be written."""
        with self._s.lock:
            self._s.runs[run] = msgspec.structs.replace(self._known(run), complete=True)

    def drop_run(self, run: str) -> None:
        """Deletes every row of the run."""
        with self._s.lock:
            self._s.drop(run)

    def take_lease(self, run: str, name: str, holder: str) -> int:
        """Gives the new epoch; the old holder's next commit is fenced."""
        with self._s.lock:
            self._known(run)
            epoch = self._s.leases.get((run, name), (0, ""))[0] + 1
            self._s.leases[run, name] = (epoch, holder)
            return epoch

    def commit(self, run: str, commits: Sequence[Commit]) -> None:
        """All of it, or nothing."""
        with self._s.lock:
            self._known(run)
            for commit in commits:
                self._fence(run, commit)
            prepared = self._prepare([block for commit in commits for block in commit.rows])
            for commit in commits:
                self._check_outbox(run, commit)
            for commit in commits:
                self._step(run, commit)
            self._apply(run, prepared)

    def wake(self) -> None:
        """Memory never sleeps."""

    def stage(self, run: str, stage: str, partition: int) -> StageRow | None:
        """Where a stage stands; None before its first commit."""
        with self._s.lock:
            found = self._s.stages.get((run, stage, partition))
            if found is None:
                return None
            return StageRow(seq=found.seq, state=found.state, cursors=tuple(sorted(found.cursors.values())))

    def outbox(self, run: str, stream: str, partition: int, above: int) -> Iterator[Letter]:
        """Letters with higher numbers, in order."""
        with self._s.lock:
            letters = self._s.outbox.get((run, stream, partition), {})
            return iter([letters[seq] for seq in sorted(letters) if seq > above])

    def trim_outbox(self, run: str, stream: str, partition: int, below: int) -> None:
        """Deletes letters with lower numbers."""
        with self._s.lock:
            letters = self._s.outbox.get((run, stream, partition), {})
            for seq in [seq for seq in letters if seq < below]:
                del letters[seq]

    def cursors(self, run: str) -> list[StageCursor]:
        """Every durable reading position of the run."""
        with self._s.lock:
            return sorted(
                (
                    StageCursor(stage, partition, *cursor)
                    for (owner, stage, partition), found in self._s.stages.items()
                    if owner == run
                    for cursor in found.cursors.values()
                ),
                key=msgspec.structs.astuple,
            )

    def journal(self, run: str, stage: str, partition: int, above: int) -> Iterator[tuple[int, bytes]]:
        """What the stage read, step by step."""
        with self._s.lock:
            entries = self._s.journal.get((run, stage, partition), [])
            return iter([entry for entry in entries if entry[0] > above])

    def save_snapshot(self, run: str, stage: str, partition: int, seq: int, state: bytes, keep: int) -> None:
        """Takes a snapshot, if its number has none yet, and keeps the newest few up to this number."""
        with self._s.lock:
            self._known(run)
            kept = self._s.snapshots[run, stage, partition]
            kept.setdefault(seq, state)
            for old in sorted(number for number in kept if number <= seq)[:-keep]:
                del kept[old]

    def snapshot(self, run: str, stage: str, partition: int, at_or_below: int) -> tuple[int, bytes] | None:
        """The newest snapshot up to this number."""
        with self._s.lock:
            kept = self._s.snapshots.get((run, stage, partition), {})
            seq = max((seq for seq in kept if seq <= at_or_below), default=None)
            return None if seq is None else (seq, kept[seq])

    def _fence(self, run: str, commit: Commit) -> None:
        epoch, holder = self._s.leases.get((run, commit.lease), (None, "nobody"))
        if epoch != commit.epoch:
            found = f"lease {commit.lease} of run {run} is at epoch {epoch}, held by {holder}"
            raise Fenced(f"{found}; ours is {commit.epoch}")

    def _check_outbox(self, run: str, commit: Commit) -> None:
        for letter in commit.outbox:
            known = self._s.outbox[run, letter.stream, letter.partition].get(letter.seq)
            if known is not None and known != letter:
                raise Corrupt(f"outbox has other bytes for {letter.stream}/{letter.partition} #{letter.seq}")

    def _step(self, run: str, commit: Commit) -> None:
        place: Place = (run, commit.stage, commit.partition)
        found = self._s.stages.setdefault(place, Stage())
        if commit.state is not None and commit.seq >= found.seq:
            found.state = commit.state
        found.seq = max(found.seq, commit.seq)
        found.cursors.update({cursor[:2]: cursor for cursor in commit.cursors})
        if commit.journal is not None:
            self._s.journal[place].append((commit.seq, commit.journal))
        for letter in commit.outbox:
            self._s.outbox[run, letter.stream, letter.partition][letter.seq] = letter
