"""What became of files, in sums."""

from __future__ import annotations

from pathlib import Path

from services.ingest.files.intake import Intake
from tapeline.cli.intakes import Taken, free_name, known_report, summary

FRESH = Intake(source="a.csv", read=4, accepted=2, quarantined=1, unreadable=1)


def test_the_sums_leave_out_what_was_there_before() -> None:
    before = Intake(source="b.csv", read=9, accepted=9, already=True)
    told = summary(Path("lake"), [Taken(FRESH, None), Taken(before, None)], 0, report=False)
    assert [told[name] for name in ("read", "accepted", "quarantined", "unreadable")] == [4, 2, 1, 1]
    assert "quality" not in told


def test_a_source_that_is_taken_in_again_gets_a_name_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "commits").mkdir()
    (tmp_path / "commits" / "x-2.json").write_text("{}")
    assert free_name(tmp_path, "x") == "x-3"
    assert known_report(tmp_path / "none.json") is None
