"""A cursor is a place in one collection and no other."""

from __future__ import annotations

import pytest

from services.api.pages import cursor, place
from services.api.problems import Problem
from services.api.resources import BY_NAME


def test_a_cursor_is_read_as_it_was_written() -> None:
    fills = BY_NAME["fills"]

    assert place(fills, cursor(fills, dict.fromkeys(fills.key, 7))) == (7,) * len(fills.key)


@pytest.mark.parametrize("text", ["", "!", "W10", "eyJ4IjoxfQ"])
def test_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        place(BY_NAME["fills"], text)
