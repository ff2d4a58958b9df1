"""Data quality by source, symbol and day, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from shared.store.memory_rows import MemoryRows
from shared.store.rows import QualityRow


class MemoryQuality(MemoryRows):
    """The topic of data quality."""

    def save_quality(self, rows: Sequence[QualityRow]) -> None:
        """Adds rows, or replaces those of the same source, symbol and day."""
        with self._s.lock:
            self._s.quality.update({(row.source, row.symbol, row.day): row for row in rows})

    def quality(self, source: str) -> list[QualityRow]:
        """The rows of a source by symbol and day; of all sources if it is empty."""
        with self._s.lock:
            return [row for key, row in sorted(self._s.quality.items()) if source in ("", key[0])]
