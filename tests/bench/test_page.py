"""The page says what was measured, what failed and what was left out."""

from __future__ import annotations

from pathlib import Path

from bench.alone import Found
from bench.measure import figure, left_out
from bench.page import table, write_page

FOUND = {
    "codec": Found(figures=[figure("encode", "µs", [3.0, 1.0, 2.0], "≤ 5")]),
    "hop": Found(failure="no Redis | found"),
    "features": Found(figures=[left_out("peer: another", "ticks/s", "not installed")]),
}


def test_a_figure_is_its_median_with_its_range_beside_it() -> None:
    assert "| encode | 2.00 µs | 1.00 – 3.00 | ≤ 5 | 3 runs |" in table(FOUND)


def test_what_failed_and_what_was_left_out_have_a_line_each() -> None:
    assert "| hop | failed | | | no Redis / found |" in table(FOUND)
    assert "| peer: another | – | |  | left out: not installed |" in table(FOUND)


def test_the_page_names_the_load_and_has_a_table_a_group(tmp_path: Path) -> None:
    write_page(FOUND, (0.5, 1.5), tmp_path / "page.md")
    said = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "before: 0.5, after: 1.5" in said
    assert [line for line in said.splitlines() if line.startswith("## ")] == [
        "## codec",
        "## hop",
        "## features",
    ]
