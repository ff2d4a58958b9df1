"""The report adds up, is kept, and can be read by people."""

from __future__ import annotations

from pathlib import Path

import msgspec

from services.ingest.quality.checks import QualityChecker
from services.ingest.quality.plan import QualityPlan
from services.ingest.quality.reasons import Reason
from services.ingest.quality.report import QualityReport, problems, read, report, rows_of, show, worst, write
from shared.market import Instrument, Instruments
from shared.time import SECOND_NS
from tests.fixtures.ticks import NOON_NS, quote, ticks, trade

KNOWN = Instruments([Instrument(instrument=1, symbol="AAA"), Instrument(instrument=2, symbol="BBB")])


def made() -> QualityReport:
    checker = QualityChecker(QualityPlan())
    rows = [trade(i, venue_seq=i + 1, received_ns=NOON_NS + i * SECOND_NS + 2_000_000) for i in range(90)]
    rows += [trade(91, venue_seq=101), trade(92, -1), quote(93, 7, 5), trade(94, size=0, instrument=2)]
    rows += [trade(86_400, instrument=2), trade(86_401, 0, instrument=3)]
    checker.check(ticks(rows))
    return report("a feed", checker.findings(), KNOWN)


def test_counts_add_up() -> None:
    told = made()

    assert problems(told) == []
    assert (told.rows, told.accepted, told.refused, told.noted, told.missing) == (96, 93, 3, 2, 10)
    assert told.reasons == {
        "ZERO_PRICE": 1, "NEGATIVE_PRICE": 1, "CROSSED_QUOTE": 1, "SEQUENCE_GAP": 1, "NO_SIZE": 1
    }  # fmt: skip
    assert told.complete == 93 / 106


def test_a_report_that_contradicts_itself_is_found_out() -> None:
    wrong = msgspec.structs.replace(made(), accepted=92)

    assert len(problems(wrong)) == 2


def test_every_symbol_and_day_has_its_line() -> None:
    days = {(day.symbol, day.day): day for day in made().days}

    assert list(days) == [
        ("AAA", "2026-01-05"), ("BBB", "2026-01-05"), ("BBB", "2026-01-06"), ("#3", "2026-01-06")
    ]  # fmt: skip
    first = days["AAA", "2026-01-05"]
    assert (first.rows, first.refused, first.missing, first.lag_least_ms) == (93, 2, 10, 2.0)
    assert first.first == "2026-01-05T12:00:00.000000000Z"
    assert (days["#3", "2026-01-06"].first, days["#3", "2026-01-06"].complete) == ("", 0.0)


def test_it_is_kept_and_read_back(tmp_path: Path) -> None:
    told = made()

    path = write(told, tmp_path)

    assert path == tmp_path / "quality" / "a_feed.json"
    assert read(path) == told


def test_its_days_go_to_the_store(tmp_path: Path) -> None:
    rows = rows_of(made())

    first = rows[0]
    assert (first.source, first.symbol, first.day, first.refused) == ("a feed", "AAA", "2026-01-05", 2)
    assert msgspec.json.decode(rows[0].reasons) == {
        "NEGATIVE_PRICE": 1,
        "CROSSED_QUOTE": 1,
        "SEQUENCE_GAP": 1,
    }


def test_the_table_names_every_reason_and_the_worst_days_first() -> None:
    told = made()
    text = show(told)

    assert "87.74% complete" in told.summary
    assert all(name in text for name in told.reasons)
    assert [(day.symbol, day.refused) for day in worst(told)] == [("AAA", 2), ("#3", 1), ("BBB", 0)]


def test_a_clean_source_is_one_line() -> None:
    checker = QualityChecker(QualityPlan())
    checker.check(ticks([trade()]))

    text = show(report("clean", checker.findings(), KNOWN))

    assert text.strip() == "Data quality of clean: 100.00% complete, 1 rows, 0 refused, 0 noted, 0 missing"


def test_an_impossible_time_still_has_a_line() -> None:
    checker = QualityChecker(QualityPlan(from_ns=0))
    checker.check(ticks([trade(), {**trade(), "event_time_ns": -(1 << 62)}]))

    told = report("odd", checker.findings(), KNOWN)

    assert problems(told) == []
    assert told.reasons == {Reason.IMPOSSIBLE_TIME.name: 1}
    assert show(told)
