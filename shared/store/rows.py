"""What the store keeps, as records that check themselves when made."""

from __future__ import annotations

import enum

import msgspec

from shared.block import Block
from shared.models.stages import ModelStage

Cursor = tuple[str, int, int, int]
"""A durable reading position: stream, partition, number of the block, row within it."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered block in the outbox, exactly as it goes onto the bus."""

    stream: str
    partition: int
    seq: int
    prev_seq: int
    watermark_ns: int
    payload: bytes


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one step makes durable, all of it or nothing."""

    stage: str
    partition: int
    epoch: int
    seq: int
    state: bytes | None = None
    cursors: tuple[Cursor, ...] = ()
    journal: bytes | None = None
    outbox: tuple[Letter, ...] = ()
    rows: tuple[Block, ...] = ()

    @property
    def lease(self) -> str:
        """The lease that fences this step."""
        return lease_of(self.stage, self.partition)


def lease_of(stage: str, partition: int) -> str:
    """The name of the lease that a stage holds while it works on a partition."""
    return f"{stage}:{partition}"


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run: the namespace of every stream and table; `halted` is how a new run starts."""

    run: str
    mode: str
    config_hash: int = 0
    bus_epoch: int = 1
    complete: bool = False
    halted: bool = False
    settings: str = "{}"


class StageRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stage durably stands on a partition."""

    seq: int
    state: bytes | None
    cursors: tuple[Cursor, ...]


class StageCursor(msgspec.Struct, frozen=True):
    """How far one stage has durably read one partition of a stream."""

    stage: str
    partition: int
    stream: str
    stream_partition: int
    seq: int
    row: int


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A block that no retry can save, with its raw bytes and the reason."""

    stage: str
    stream: str
    partition: int
    seq: int
    error: str
    payload: bytes
    id: int = 0
    done: bool = False


class JobState(enum.StrEnum):
    """Where long work stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Long work: what was asked for, how far it is, what came out."""

    job: str
    kind: str
    arguments: str = "{}"
    state: JobState = JobState.QUEUED
    progress: float = 0.0
    message: str = ""
    result: str = ""
    worker: str = ""
    created_ns: int = 0
    updated_ns: int = 0


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, when; each row's hash covers the one before."""

    run: str
    time_ns: int
    actor: str
    action: str
    detail: str = "{}"
    entry: int = 0
    hash: bytes = b""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A client's key as it is kept: a digest, never the key."""

    name: str
    digest: bytes
    scopes: tuple[str, ...]
    created_ns: int = 0
    revoked: bool = False


class Reply(msgspec.Struct, frozen=True):
    """What a caller was answered under an idempotency key; the mark says which request it was."""

    caller: str
    key: str
    mark: str
    answer: bytes
    created_ns: int


class QualityRow(msgspec.Struct, frozen=True, kw_only=True):
    """How good a source's rows of a symbol and UTC day were; `reasons` is a JSON object of counts."""

    source: str
    symbol: str
    day: str
    rows: int
    accepted: int
    refused: int
    noted: int
    missing: int
    complete: float
    reasons: str = "{}"


class Fundamental(msgspec.Struct, frozen=True, kw_only=True):
    """One number about a company: whom it is about, of which day it is, and from when on it was known.

    A restatement is a row of its own, known later; nothing is ever overwritten.
    """

    vendor: str
    symbol: str
    name: str
    as_of_ns: int
    known_ns: int
    value: float


class Headline(msgspec.Struct, frozen=True, kw_only=True):
    """One item of news about a symbol; its number is the vendor's, its tone lies between -1 and 1."""

    vendor: str
    symbol: str
    number: str
    time_ns: int
    headline: str
    summary: str = ""
    source: str = ""
    url: str = ""
    seen_ns: int = 0
    tone: float = 0.0
    scorer: str = ""


class FactCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How much is known beside prices: numbers and the companies they are about, headlines and theirs."""

    fundamentals: int = 0
    companies: int = 0
    headlines: int = 0
    covered: int = 0


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A model as the registry knows it; its address is the sha256 of its manifest.

    `model` is its number in predictions, `scores` and `lineage` are JSON objects.
    """

    address: str
    model: int
    name: str
    version: int = 0
    family: str
    sector: str
    horizon_ns: int
    interval_ns: int
    spec: int
    stage: ModelStage = ModelStage.CANDIDATE
    verdict: str
    scores: str = "{}"
    lineage: str = "{}"
    trained_from_ns: int
    trained_until_ns: int
    created_ns: int

    @property
    def title(self) -> str:
        """How people call it."""
        return f"{self.name} v{self.version}"


class ModelEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a model, by whom and why; stages that are alike make it a note."""

    address: str
    time_ns: int
    actor: str
    before: ModelStage
    after: ModelStage
    why: str
    detail: str = "{}"
    entry: int = 0


class HealthRow(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of how a model fared on a stretch of a run, with its interval and what was usual."""

    run: str
    model: int
    from_ns: int
    until_ns: int
    kind: str
    name: str
    value: float
    low: float
    high: float
    usual: float
    level: str
    rows: int
    measured_ns: int


class ExplanationRow(msgspec.Struct, frozen=True, kw_only=True):
    """Why an answer was given: base, the largest shares (as JSON) and the rest add up to the probability."""

    run: str
    event_time_ns: int
    instrument: int
    model: int
    of: str
    probability: float
    base: float
    rest: float
    shares: str
    made_ns: int


class Owner(msgspec.Struct, frozen=True):
    """Whose order it is."""

    account: int
    book: int
    strategy: int
    tag: int
    currency: int
