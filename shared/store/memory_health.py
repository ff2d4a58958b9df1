"""How models fare, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from shared.store.memory_rows import MemoryRows
from shared.store.rows import ExplanationRow, HealthRow


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

    def save_explanations(self, rows: Sequence[ExplanationRow]) -> None:
        """Adds explanations; one that is there stays as it is."""
        with self._s.lock:
            for row in rows:
                key = (row.run, row.event_time_ns, row.instrument, row.model, row.of)
                self._s.explanations.setdefault(key, row)

    def explanations(self, run: str, instrument: int, most: int) -> list[ExplanationRow]:
        """The latest explanations of a run, newest first; of every instrument if it is 0."""
        with self._s.lock:
            keys = [key for key in self._s.explanations if key[0] == run and instrument in (0, key[2])]
            keys.sort(key=lambda key: (-key[1], key[2:]))
            return [self._s.explanations[key] for key in keys[:most]]

    def explanations_between(
        self, run: str, instrument: int, span: tuple[int, int], most: int
    ) -> list[ExplanationRow]:
        """The first explanations of a span of closes, ends included, oldest first; instrument 0: of all."""
        with self._s.lock:
            found = [key for key in self._s.explanations if key[0] == run and span[0] <= key[1] <= span[1]]
            keys = [key for key in found if instrument in (0, key[2])]
            return [self._s.explanations[key] for key in sorted(keys)[:most]]
