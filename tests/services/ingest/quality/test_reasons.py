"""The list of reasons is closed, stable, and documented."""

from __future__ import annotations

import re

from services.ingest.quality.reasons import CODES, FIRST_NOTE, MEANING, Reason, is_refused
from tests.fixtures.house import ROOT

ROW = re.compile(r"^\| (\d+) \| `([A-Z_]+)` \| (refused|noted) \| (.+) \|$", re.M)


def test_every_reason_has_a_meaning_and_a_code_that_fits() -> None:
    assert set(MEANING) == set(Reason)
    assert all(0 < reason < CODES for reason in Reason)


def test_refusals_come_below_the_notes() -> None:
    assert is_refused(Reason.DUPLICATE)
    assert not is_refused(Reason.LATE)
    assert not is_refused(0)
    assert min(reason for reason in Reason if not is_refused(reason)) == FIRST_NOTE


def test_the_page_lists_every_reason_as_it_is() -> None:
    page = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")
    listed = [(int(code), name, verb, words) for code, name, verb, words in ROW.findall(page)]

    assert listed == [
        (reason.value, reason.name, "refused" if is_refused(reason) else "noted", MEANING[reason])
        for reason in Reason
    ]
