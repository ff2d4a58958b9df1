"""Dead letters, instruments, the kill switch, jobs, keys and the audit trail in memory."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.failures import Refused
from shared.market import Instrument
from shared.store.audit import chained
from shared.store.memory_rows import MemoryRows
from shared.store.rows import ApiKey, AuditRow, DeadLetter, Job, JobState


class MemoryDesk(MemoryRows):
    """The topics that people steer."""

    def dead_letter(self, run: str, letter: DeadLetter) -> int:
        """Keeps a dead letter once; gives its id."""
        with self._s.lock:
            self._known(run)
            for letter_id, (owner, known) in self._s.letters.items():
                if owner == run and _place(known) == _place(letter):
                    return letter_id
            letter_id = max(self._s.letters, default=0) + 1
            self._s.letters[letter_id] = (run, msgspec.structs.replace(letter, id=letter_id, done=False))
            return letter_id

    def dead_letters(self, run: str) -> list[DeadLetter]:
        """The letters of a run, oldest first."""
        with self._s.lock:
            return [letter for _, (owner, letter) in sorted(self._s.letters.items()) if owner == run]

    def dead_letter_done(self, letter_id: int) -> None:
        """Marks a letter as replayed or given up."""
        with self._s.lock:
            run, letter = self._s.letters[letter_id]
            self._s.letters[letter_id] = (run, msgspec.structs.replace(letter, done=True))

    def save_instruments(self, run: str, instruments: Iterable[Instrument]) -> None:
        """Adds instruments; one that is known with other terms is refused."""
        with self._s.lock:
            self._known(run)
            added = {(run, row.instrument): row for row in instruments}
            for key, row in added.items():
                if self._s.instruments.get(key, row) != row:
                    raise Refused(f"instrument {row.instrument} of run {run} has other terms already")
            self._s.instruments.update(added)

    def instruments(self, run: str) -> list[Instrument]:
        """Every instrument of the run, by id."""
        with self._s.lock:
            return [row for (owner, _), row in sorted(self._s.instruments.items()) if owner == run]

    def halted(self, run: str) -> bool:
        """Whether trading is off; an unknown run is halted."""
        return self._s.halted.get(run, True)

    def halt_trading(self, run: str) -> None:
        """Turns trading off, durably."""
        self._known(run)
        self._s.halted[run] = True

    def allow_trading(self, run: str) -> None:
        """Turns trading on again."""
        self._known(run)
        self._s.halted[run] = False

    def add_job(self, job: Job) -> Job:
        """Queues a job, or gives back the one that has its id."""
        with self._s.lock:
            return self._s.jobs.setdefault(job.job, job)

    def claim_job(self, worker: str, now_ns: int) -> Job | None:
        """Takes the oldest queued job, which nobody else then gets."""
        with self._s.lock:
            queued = [job for job in self._s.jobs.values() if job.state is JobState.QUEUED]
            if not queued:
                return None
            first = min(queued, key=lambda job: (job.created_ns, job.job))
            claimed = msgspec.structs.replace(first, state=JobState.RUNNING, worker=worker, updated_ns=now_ns)
            self._s.jobs[first.job] = claimed
            return claimed

    def update_job(self, job: Job) -> None:
        """Replaces what is known about a job."""
        with self._s.lock:
            if job.job not in self._s.jobs:
                raise LookupError(f"job {job.job!r} is not known")
            self._s.jobs[job.job] = job

    def jobs(self) -> list[Job]:
        """Every job, newest first."""
        with self._s.lock:
            return sorted(self._s.jobs.values(), key=lambda job: (-job.created_ns, job.job))

    def audit(self, row: AuditRow) -> AuditRow:
        """Appends to the chain; gives the row with its place and hash."""
        with self._s.lock:
            placed = chained(row, self._s.audit[-1] if self._s.audit else None)
            self._s.audit.append(placed)
            return placed

    def audit_rows(self) -> list[AuditRow]:
        """The chain, oldest first."""
        return list(self._s.audit)

    def save_api_key(self, key: ApiKey) -> None:
        """Adds or replaces the key of that name."""
        with self._s.lock:
            self._s.api_keys[key.name] = key

    def api_keys(self) -> list[ApiKey]:
        """Every key, by name."""
        with self._s.lock:
            return [self._s.api_keys[name] for name in sorted(self._s.api_keys)]


def _place(letter: DeadLetter) -> tuple[str, str, int, int]:
    return letter.stage, letter.stream, letter.partition, letter.seq
