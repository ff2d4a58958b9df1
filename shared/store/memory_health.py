"""How models fare, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from shared.store.memory_rows import MemoryRows
from shared.store.rows import HealthRow


class MemoryHealth(MemoryRows):
    """The topic of health."""

    def save_health(self, rows: Sequence[HealthRow]) -> None:
        """Adds measures, or replaces those of the same run, model, moment and name."""
        with self._s.lock:
            self._s.health.update(
                {(row.run, row.model, row.until_ns, row.kind, row.name): row for row in rows}
            )

    def health(self, run: str, model: int) -> list[HealthRow]:
        """The newest measures of a model in a run, by kind and name; of every model if it is 0."""
        with self._s.lock:
            rows = [row for row in self._s.health.values() if row.run == run and model in (0, row.model)]
            newest: dict[int, int] = {}
            for row in rows:
                newest[row.model] = max(newest.get(row.model, row.until_ns), row.until_ns)
            kept = [row for row in rows if row.until_ns == newest[row.model]]
            return sorted(kept, key=lambda row: (row.model, row.kind, row.name))
