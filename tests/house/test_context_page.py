"""The page about facts lists every field of the catalogue."""

from __future__ import annotations

from docs.context import PAGE, render


def test_the_page_lists_the_catalogue_of_today() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == render(page), "run python -m docs.context"
