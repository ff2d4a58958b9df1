"""What a store can do, by topic; every call may raise `Unavailable` when the record cannot be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from shared.block import Block
from shared.market import Instrument
from shared.store.rows import (
    ApiKey,
    AuditRow,
    Commit,
    Cursor,
    DeadLetter,
    ExplanationRow,
    FactCounts,
    Fundamental,
    Headline,
    HealthRow,
    Job,
    JobState,
    Letter,
    ModelEvent,
    ModelRow,
    Owner,
    QualityRow,
    Reply,
    RunRow,
    StageCursor,
    StageRow,
)

__all__ = [
    "ApiKey",
    "AuditRow",
    "Commit",
    "Cursor",
    "DeadLetter",
    "DeskStore",
    "ExplanationRow",
    "FactCounts",
    "FactStore",
    "Fundamental",
    "Headline",
    "HealthRow",
    "HealthStore",
    "Job",
    "JobState",
    "JournalStore",
    "KeepingStore",
    "Letter",
    "LetterStore",
    "ModelEvent",
    "ModelRow",
    "ModelStore",
    "Owner",
    "QualityRow",
    "QualityStore",
    "Reply",
    "RowStore",
    "RunRow",
    "RunStore",
    "SnapshotStore",
    "StageCursor",
    "StageRow",
    "StepStore",
    "Store",
]  # fmt: skip


class RunStore(Protocol):
    """Runs: the namespaces of everything else."""

    def open_run(self, run: RunRow) -> RunRow:
        """Inserts a new run with its kill state, or reads back the one of that name."""
        ...

    def run(self, run: str) -> RunRow | None:
        """The run of this name."""
        ...

    def runs(self) -> list[RunRow]:
        """Every run, by name."""
        ...

    def bump_bus_epoch(self, run: str, seen: int) -> int:
        """Moves to the next epoch unless somebody already did; gives the one now valid."""
        ...

    def change_settings(self, run: str, settings: str, config_hash: int) -> None:
        """Puts other settings into the run's row; who may change what is decided elsewhere."""
        ...

    def complete_run(self, run: str) -> None:
        """Declares that nothing more will be written."""
        ...

    def drop_run(self, run: str) -> None:
        """Deletes every row and file of the run."""
        ...


class StepStore(Protocol):
    """Leases and steps: what a stage needs to keep its promises."""

    def take_lease(self, run: str, name: str, holder: str) -> int:
        """Locks the lease before anything is read, waits for a dying holder's commit, gives the new epoch."""
        ...

    def commit(self, run: str, commits: Sequence[Commit]) -> None:
        """All of it in one transaction.

        `Fenced` when a lease has moved on, and nothing was written. `Unavailable` when the answer is not
        known: read `stage(...)` again to learn whether the commit happened, never send it blindly again.
        """
        ...

    def wake(self) -> None:
        """Says that a commit follows within milliseconds: a store that sleeps may wake up meanwhile."""
        ...

    def stage(self, run: str, stage: str, partition: int) -> StageRow | None:
        """Where a stage stands; None before its first commit."""
        ...

    def outbox(self, run: str, stream: str, partition: int, above: int) -> Iterator[Letter]:
        """Letters with higher numbers, in order."""
        ...

    def trim_outbox(self, run: str, stream: str, partition: int, below: int) -> None:
        """Deletes letters with lower numbers."""
        ...


class JournalStore(Protocol):
    """What stages read, step by step: with it a live day can be repeated."""

    def journal(self, run: str, stage: str, partition: int, above: int) -> Iterator[tuple[int, bytes]]:
        """What the stage read, in the order in which it was committed."""
        ...

    def trim_journal(self, run: str, stage: str, partition: int, below: int) -> None:
        """Deletes journal entries with lower numbers."""
        ...


class SnapshotStore(Protocol):
    """Snapshots and reading positions."""

    def cursors(self, run: str) -> list[StageCursor]:
        """Every durable reading position of the run."""
        ...

    def save_snapshot(self, run: str, stage: str, partition: int, seq: int, state: bytes, keep: int) -> None:
        """Takes a snapshot, if its number has none yet, and keeps the newest few up to this number.

        Newer ones stay: after a wipe of the bus they are ahead of what is published, and this one is not.
        """
        ...

    def snapshot(self, run: str, stage: str, partition: int, at_or_below: int) -> tuple[int, bytes] | None:
        """The newest snapshot up to this number; `Corrupt` when its bytes are not those that were saved."""
        ...


class RowStore(Protocol):
    """Rows of streams, in tables of the same name; rows of `orders` are kept as `intents`."""

    def copy_rows(self, run: str, block: Block) -> None:
        """Appends many rows in a transaction of their own."""
        ...

    def read_rows(self, run: str, stream: str) -> Block:
        """Every row of a stream in canonical order."""
        ...

    def rows_since(self, run: str, stream: str, since_ns: int) -> Block:
        """The rows of a stream from a time on, in canonical order."""
        ...

    def owner_of(self, run: str, order_id: int) -> Owner | None:
        """Whose order it is, by its intent."""
        ...


class LetterStore(Protocol):
    """Dead letters."""

    def dead_letter(self, run: str, letter: DeadLetter) -> int:
        """Keeps a dead letter once; gives its id."""
        ...

    def dead_letters(self, run: str) -> list[DeadLetter]:
        """The letters of a run, oldest first."""
        ...

    def dead_letter_done(self, letter_id: int) -> None:
        """Marks a letter as replayed or given up."""
        ...


class DeskStore(Protocol):
    """What people steer: instruments, the kill switch, jobs, keys, and the audit trail."""

    def save_instruments(self, run: str, instruments: Iterable[Instrument]) -> None:
        """Adds instruments; one that is known with other terms is refused."""
        ...

    def instruments(self, run: str) -> list[Instrument]:
        """Every instrument of the run, by id."""
        ...

    def halted(self, run: str) -> bool:
        """Whether trading is off; an unknown run is halted."""
        ...

    def halt_trading(self, run: str) -> None:
        """Turns trading off, durably."""
        ...

    def allow_trading(self, run: str) -> None:
        """Turns trading on again."""
        ...

    def add_job(self, job: Job) -> Job:
        """Queues a job, or gives back the one that has its id."""
        ...

    def claim_job(self, worker: str, now_ns: int) -> Job | None:
        """Takes the oldest queued job, which nobody else then gets."""
        ...

    def update_job(self, job: Job) -> None:
        """Replaces what is known about a job."""
        ...

    def jobs(self) -> list[Job]:
        """Every job, newest first."""
        ...

    def audit(self, row: AuditRow) -> AuditRow:
        """Appends to the chain; gives the row with its place and hash."""
        ...

    def audit_rows(self) -> list[AuditRow]:
        """The chain, oldest first; `shared.store.audit.broken` checks it."""
        ...

    def save_api_key(self, key: ApiKey) -> None:
        """Adds or replaces the key of that name."""
        ...

    def api_keys(self) -> list[ApiKey]:
        """Every key, by name."""
        ...


class KeepingStore(Protocol):
    """What a desk that runs for years lets go of, and the answers that it gives again."""

    def forget_rows(self, run: str, stream: str, before_ns: int, most: int) -> int:
        """Deletes rows of a busy stream that are older than a moment, at most so many; says how many."""
        ...

    def reply(self, caller: str, key: str) -> Reply | None:
        """The answer that this caller got under this key."""
        ...

    def save_reply(self, reply: Reply) -> Reply:
        """Keeps an answer unless there is one under its key already; gives the one that is kept."""
        ...

    def forget_replies(self, before_ns: int) -> None:
        """Deletes answers that are older than a moment."""
        ...


class QualityStore(Protocol):
    """How good the data of each source was, by symbol and day."""

    def save_quality(self, rows: Sequence[QualityRow]) -> None:
        """Adds rows, or replaces those of the same source, symbol and day."""
        ...

    def quality(self, source: str) -> list[QualityRow]:
        """The rows of a source by symbol and day; of all sources if it is empty."""
        ...


class FactStore(Protocol):
    """What is known beside prices, from when on: numbers about companies, and headlines."""

    def save_fundamentals(self, rows: Sequence[Fundamental]) -> int:
        """Adds numbers; one that was told already stays as it is. Gives how many are new."""
        ...

    def fundamentals(self, symbol: str) -> list[Fundamental]:
        """Everything ever told about a symbol, in the order in which it became known; empty: about all."""
        ...

    def save_headlines(self, rows: Sequence[Headline]) -> int:
        """Adds headlines; one that is there keeps its tone. Gives how many are new."""
        ...

    def headlines(self, symbol: str) -> list[Headline]:
        """Every headline about a symbol by time; empty: about all."""
        ...

    def fact_counts(self) -> FactCounts:
        """How much of both there is."""
        ...

    def unknown_headlines(self, vendor: str, symbol: str, numbers: Sequence[str]) -> set[str]:
        """Those of a vendor's numbers under which nothing is kept."""
        ...


class ModelStore(Protocol):
    """The registry of models, and what happened to each of them."""

    def add_model(self, row: ModelRow, born: ModelEvent) -> ModelRow:
        """Registers a model under the next version of its name, or gives back the one of its address."""
        ...

    def models(self) -> list[ModelRow]:
        """Every model, by name and version."""
        ...

    def move_models(self, events: Sequence[ModelEvent]) -> None:
        """Appends events and moves their models, all or none.

        `Refused` when a model is no longer in the stage that its event begins with, or when a sector and
        horizon would have two active models.
        """
        ...

    def model_events(self, address: str) -> list[ModelEvent]:
        """What happened to a model, oldest first; to all models if the address is empty."""
        ...


class HealthStore(Protocol):
    """How models fare on what they did not learn from."""

    def save_health(self, rows: Sequence[HealthRow]) -> None:
        """Adds measures, or replaces those of the same run, model, moment and name."""
        ...

    def health(self, run: str, model: int) -> list[HealthRow]:
        """The newest measures of a model in a run, by kind and name; of every model if it is 0."""
        ...

    def save_explanations(self, rows: Sequence[ExplanationRow]) -> None:
        """Adds explanations; one that is there stays as it is."""
        ...

    def explanations(self, run: str, instrument: int, most: int) -> list[ExplanationRow]:
        """The latest explanations of a run, newest first; of every instrument if it is 0."""
        ...

    def explanations_between(
        self, run: str, instrument: int, span: tuple[int, int], most: int
    ) -> list[ExplanationRow]:
        """The first explanations of a span of closes, ends included, oldest first; instrument 0: of all."""
        ...


class Store(
    RunStore,
    StepStore,
    JournalStore,
    SnapshotStore,
    RowStore,
    LetterStore,
    DeskStore,
    KeepingStore,
    QualityStore,
    FactStore,
    ModelStore,
    HealthStore,
    Protocol,
):
    """Everything that must outlive a process."""

    def close(self) -> None:
        """Gives back what the store holds; the record stays."""
        ...
