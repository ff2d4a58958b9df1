"""What the memory twin holds, and the lock around it."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from shared.block import Block
from shared.market import Instrument
from shared.store.rows import (
    ApiKey,
    AuditRow,
    Cursor,
    DeadLetter,
    ExplanationRow,
    Fundamental,
    Headline,
    HealthRow,
    Job,
    Letter,
    ModelEvent,
    ModelRow,
    QualityRow,
    Reply,
    RunRow,
)

Place = tuple[str, str, int]
"""A run, a stage or stream, and a partition."""
Row = tuple[int | float, ...]


@dataclass(slots=True)
class Stage:
    """A stage's durable position, as the twin keeps it."""

    seq: int = 0
    state: bytes | None = None
    cursors: dict[tuple[str, int], Cursor] = field(default_factory=dict)


@dataclass(slots=True)
class MemoryState:
    """Plain dictionaries, each keyed by the run first."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    runs: dict[str, RunRow] = field(default_factory=dict)
    halted: dict[str, bool] = field(default_factory=dict)
    leases: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    stages: dict[Place, Stage] = field(default_factory=dict)
    journal: dict[Place, list[tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(list))
    outbox: dict[Place, dict[int, Letter]] = field(default_factory=lambda: defaultdict(dict))
    snapshots: dict[Place, dict[int, bytes]] = field(default_factory=lambda: defaultdict(dict))
    keyed: dict[tuple[str, str], dict[Row, Row]] = field(default_factory=lambda: defaultdict(dict))
    bulk: dict[tuple[str, str], list[Block]] = field(default_factory=lambda: defaultdict(list))
    letters: dict[int, tuple[str, DeadLetter]] = field(default_factory=dict)
    instruments: dict[tuple[str, int], Instrument] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    audit: list[AuditRow] = field(default_factory=list)
    api_keys: dict[str, ApiKey] = field(default_factory=dict)
    replies: dict[tuple[str, str], Reply] = field(default_factory=dict)
    fundamentals: dict[tuple[str, str, str, int, int], Fundamental] = field(default_factory=dict)
    headlines: dict[tuple[str, str, str], Headline] = field(default_factory=dict)
    quality: dict[tuple[str, str, str], QualityRow] = field(default_factory=dict)
    models: dict[str, ModelRow] = field(default_factory=dict)
    explanations: dict[tuple[str, int, int, int, str], ExplanationRow] = field(default_factory=dict)
    health: dict[tuple[str, int, int, str, str], HealthRow] = field(default_factory=dict)
    model_events: list[ModelEvent] = field(default_factory=list)

    def drop(self, run: str) -> None:
        """Forgets everything that is keyed by a run."""
        self.runs.pop(run, None)
        self.halted.pop(run, None)
        places: list[dict[Place, Any]] = [self.stages, self.journal, self.outbox, self.snapshots]
        names: list[dict[tuple[str, str], Any]] = [self.leases, self.keyed, self.bulk]
        for table in places:
            for place in [place for place in table if place[0] == run]:
                del table[place]
        for named in names:
            for name in [name for name in named if name[0] == run]:
                del named[name]
        for known in [known for known in self.instruments if known[0] == run]:
            del self.instruments[known]
        for letter_id in [number for number, (owner, _) in self.letters.items() if owner == run]:
            del self.letters[letter_id]
