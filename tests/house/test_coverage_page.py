"""Every promise is accounted for, and what is said to deliver it exists."""

from __future__ import annotations

from pathlib import Path

from docs import coverage
from tests.fixtures.house import ROOT, read

FAMILIES = {"S0": 57, "S1": 86, "S2": 79, "S3": 49, "S4": 247, "B": 22}


def test_every_promise_has_a_row() -> None:
    wanted = [
        f"{name}{'-' if name != 'B' else ''}{i}" for name, n in FAMILIES.items() for i in range(1, n + 1)
    ]
    assert [row.id for row in coverage.rows(coverage.load())] == wanted


def test_what_is_delivered_names_files_that_exist() -> None:
    missing = [
        f"{row.id}: {path}"
        for row in coverage.rows(coverage.load())
        for path in row.where
        if not (ROOT / path.partition("#")[0]).exists()
    ]
    assert not missing, "\n".join(missing)


def test_what_is_declined_says_why() -> None:
    assert [
        row.id for row in coverage.rows(coverage.load()) if row.status == "declined" and len(row.note) < 20
    ] == []


def test_the_page_is_the_one_that_make_docs_writes() -> None:
    assert read(Path("docs/coverage.md")) == coverage.render(coverage.load())
