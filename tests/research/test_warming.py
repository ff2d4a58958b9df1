from __future__ import annotations

from research.warming import TOGETHER, WARMERS, WHAT


def test_every_part_of_the_line_is_warmed() -> None:
    assert tuple(WARMERS) == WHAT
    assert sorted(part for parts in TOGETHER for part in parts) == sorted(WHAT)
