"""The registry of models in memory."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared.failures import Refused
from shared.models.stages import ModelStage
from shared.store.memory_rows import MemoryRows
from shared.store.rows import ModelEvent, ModelRow


class MemoryModels(MemoryRows):
    """The topic of models."""

    def add_model(self, row: ModelRow, born: ModelEvent) -> ModelRow:
        """Registers a model under the next version of its name, or gives back the one of its address."""
        with self._s.lock:
            known = self._s.models.get(row.address)
            if known is not None:
                return known
            versions = [other.version for other in self._s.models.values() if other.name == row.name]
            placed = msgspec.structs.replace(row, version=max(versions, default=0) + 1)
            self._s.models[row.address] = placed
            self._append(born)
            return placed

    def models(self) -> list[ModelRow]:
        """Every model, by name and version."""
        with self._s.lock:
            return sorted(self._s.models.values(), key=lambda row: (row.name, row.version))

    def move_models(self, events: Sequence[ModelEvent]) -> None:
        """Appends events and moves their models, all or none."""
        with self._s.lock:
            moved = dict(self._s.models)
            for event in events:
                row = moved.get(event.address)
                if row is None or row.stage is not event.before:
                    raise Refused(not_there(event, row.stage if row else None))
                moved[event.address] = msgspec.structs.replace(row, stage=event.after)
            active = [row for row in moved.values() if row.stage is ModelStage.ACTIVE]
            if len({(row.sector, row.horizon_ns) for row in active}) < len(active):
                raise Refused(TWO_ACTIVE)
            self._s.models = moved
            for event in events:
                self._append(event)

    def model_events(self, address: str) -> list[ModelEvent]:
        """What happened to a model, oldest first; to all models if the address is empty."""
        with self._s.lock:
            return [event for event in self._s.model_events if address in ("", event.address)]

    def _append(self, event: ModelEvent) -> None:
        entry = len(self._s.model_events) + 1
        self._s.model_events.append(msgspec.structs.replace(event, entry=entry))


TWO_ACTIVE = "a sector and horizon have one active model; somebody else has just made another one active"


def not_there(event: ModelEvent, found: ModelStage | None) -> str:
    """Why an event cannot begin where it says."""
    now = f"is {found}" if found is not None else "is not registered"
    return f"model {event.address[:12]} {now}, not {event.before}; somebody else may have moved it"
