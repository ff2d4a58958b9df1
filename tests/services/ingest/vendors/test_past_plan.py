"""What a lake lacks is asked for, and nothing else."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.vendors.past_plan import PORTIONS, Span, covered, missing, name_of, portions
from shared.time import DAY_NS

days = st.integers(0, 400)
spans = st.builds(lambda a, b: Span(a * DAY_NS, (a + b) * DAY_NS), days, st.integers(1, 60))


def days_of(stretches: list[Span]) -> list[int]:
    return [at for span in stretches for at in range(span.since_ns, span.until_ns, DAY_NS)]


@given(spans, st.lists(spans))
def test_every_missing_day_is_asked_for_once_and_no_other(wanted: Span, known: list[Span]) -> None:
    held = set(days_of(known))
    assert days_of(missing(wanted, known)) == [day for day in days_of([wanted]) if day not in held]


@given(st.lists(spans), st.sampled_from(sorted(PORTIONS)))
def test_portions_are_the_same_days_in_short_stretches(stretches: list[Span], interval: str) -> None:
    found = portions(stretches, interval)
    assert days_of(found) == days_of(stretches)
    assert all(span.until_ns - span.since_ns <= PORTIONS[interval] for span in found)


def test_a_portion_is_found_by_its_name_and_by_no_other_symbol(tmp_path: Path) -> None:
    (tmp_path / "commits").mkdir()
    span = Span(15_000 * DAY_NS, 15_010 * DAY_NS)
    for symbol in ("BRK.B", "^VIX", "A-day-B/C"):
        (tmp_path / "commits" / f"{name_of(symbol, 'day', span)}.json").write_text("{}")
        assert covered(tmp_path, symbol, "day") == [span]
    assert covered(tmp_path, "BRK", "day") == covered(tmp_path, "^VIX", "hour") == []
