"""A tape through the checks, from end to end."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from services.ingest.lean.actions import Happening, actions_block
from services.ingest.quality.assess import assess, plan_named
from services.ingest.quality.plan import DAILY, QualityPlan
from services.ingest.quality.reasons import Reason
from services.ingest.quality.report import problems
from services.ingest.tape import Tape
from shared.actions import Action
from shared.failures import Refused
from shared.market import Instrument, Instruments
from tests.fixtures.ticks import NOON_NS, bar, ticks

KNOWN = Instruments([Instrument(instrument=1, symbol="AAA")])


def tape(rows: Iterable[dict[str, int]]) -> Tape:
    return Tape(KNOWN, ticks(rows), ())


def test_every_row_is_accepted_or_in_quarantine() -> None:
    found = assess(tape([bar(1), bar(2, low=0), bar(3, 10_010)]), "file", DAILY)

    assert (len(found.accepted), len(found.refused)) == (2, 1)
    assert found.refused["reason"].tolist() == [Reason.NO_RANGE]
    assert (found.report.source, found.report.rows, problems(found.report)) == ("file", 3, [])


def test_splits_that_are_told_are_expected() -> None:
    rows = [bar(1), *(bar(day, 1_000 + day, size=70_000) for day in range(2, 8))]
    split = actions_block([(1, Happening(NOON_NS + 1, Action.SPLIT, 10, 1))])

    assert assess(tape(rows), "file", DAILY).report.refused == 1
    assert assess(tape(rows[1:]), "file", DAILY, split).report.refused == 0


def test_plans_have_names() -> None:
    assert plan_named("daily") is DAILY
    assert plan_named("ticks") == QualityPlan()
    with pytest.raises(Refused, match="ticks, daily"):
        plan_named("weekly")
