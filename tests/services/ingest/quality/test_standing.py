"""The record as it stands."""

from __future__ import annotations

from services.ingest.quality.standing import show, standing
from shared.store.memory import MemoryStore
from shared.store.rows import Fundamental, Headline, QualityRow


def day(source: str, symbol: str, number: int, accepted: int, missing: int = 0) -> QualityRow:
    return QualityRow(
        source=source, symbol=symbol, day=f"2026-01-0{number}", rows=10, accepted=accepted,
        refused=10 - accepted, noted=0, missing=missing, complete=accepted / (10 + missing),
    )  # fmt: skip


def test_rows_companies_and_news_are_counted_and_completeness_is_over_what_should_be() -> None:
    store = MemoryStore()
    store.save_quality([day("a", "X", 1, 10), day("a", "Y", 2, 9), day("b", "X", 3, 9, missing=10)])
    store.save_fundamentals(
        [Fundamental(vendor="v", symbol="X", name="eps", as_of_ns=1, known_ns=1, value=1.0)]
    )
    store.save_headlines([Headline(vendor="v", symbol="X", number="1", time_ns=1, headline="x")])
    told = standing(store)
    first, second = told.sources
    assert (first.source, first.symbols, first.rows, first.first_day, first.last_day) == (
        "a", 2, 20, "2026-01-01", "2026-01-02",
    )  # fmt: skip
    assert (first.complete, second.complete, told.complete) == (19 / 20, 9 / 20, 28 / 40)
    said = show(told)
    assert "1 numbers of 1 companies" in said
    assert "1 headlines about 1 symbols" in said
    assert "Data quality: 70.00% complete" in said


def test_an_empty_record_says_how_it_fills() -> None:
    told = standing(MemoryStore())
    assert (told.sources, told.complete) == ([], 0.0)
    assert "--save" in show(told)
