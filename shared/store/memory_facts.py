"""Fundamentals and headlines in memory."""

from __future__ import annotations

from collections.abc import Sequence

from shared.store.memory_rows import MemoryRows
from shared.store.rows import FactCounts, Fundamental, Headline


class MemoryFacts(MemoryRows):
    """The topic of what is known beside prices."""

    def save_fundamentals(self, rows: Sequence[Fundamental]) -> int:
        """Adds numbers; one that was told already stays as it is. Gives how many are new."""
        with self._s.lock:
            before = len(self._s.fundamentals)
            for row in rows:
                key = (row.vendor, row.symbol, row.name, row.as_of_ns, row.known_ns)
                self._s.fundamentals.setdefault(key, row)
            return len(self._s.fundamentals) - before

    def fundamentals(self, symbol: str) -> list[Fundamental]:
        """Everything ever told about a symbol, in the order in which it became known; empty: about all."""
        with self._s.lock:
            found = [row for row in self._s.fundamentals.values() if symbol in ("", row.symbol)]
        return sorted(found, key=lambda row: (row.known_ns, row.symbol, row.name, row.as_of_ns, row.vendor))

    def save_headlines(self, rows: Sequence[Headline]) -> int:
        """Adds headlines; one that is there keeps its tone. Gives how many are new."""
        with self._s.lock:
            before = len(self._s.headlines)
            for row in rows:
                self._s.headlines.setdefault((row.vendor, row.symbol, row.number), row)
            return len(self._s.headlines) - before

    def headlines(self, symbol: str) -> list[Headline]:
        """Every headline about a symbol by time; empty: about all."""
        with self._s.lock:
            found = [row for row in self._s.headlines.values() if symbol in ("", row.symbol)]
        return sorted(found, key=lambda row: (row.time_ns, row.symbol, row.number, row.vendor))

    def fact_counts(self) -> FactCounts:
        """How much of both there is."""
        with self._s.lock:
            numbers, news = list(self._s.fundamentals.values()), list(self._s.headlines.values())
        return FactCounts(
            fundamentals=len(numbers),
            companies=len({row.symbol for row in numbers}),
            headlines=len(news),
            covered=len({row.symbol for row in news}),
        )

    def unknown_headlines(self, vendor: str, symbol: str, numbers: Sequence[str]) -> set[str]:
        """Those of a vendor's numbers under which nothing is kept."""
        with self._s.lock:
            return {number for number in numbers if (vendor, symbol, number) not in self._s.headlines}
