"""Which column is which."""

from __future__ import annotations

import pytest

from services.ingest.files.headers import SYNONYMS, mapped
from services.ingest.files.options import ReadOptions
from shared.failures import Refused


def test_no_name_stands_for_two_columns() -> None:
    names = [name for synonyms in SYNONYMS.values() for name in synonyms]
    assert len(names) == len(set(names))


def test_the_better_name_counts_where_several_are_there() -> None:
    found = mapped(["date", "Close", "timestamp", "price", "SYM", "Volume"], ReadOptions(), "x")
    assert (found["timestamp"], found["price"], found["symbol"], found["size"]) == (2, 3, 4, 5)


def test_what_the_user_says_counts_more_than_any_name() -> None:
    options = ReadOptions(names={"price": "px 2"})
    assert mapped(["ts", "symbol", "price", "PX_2"], options, "x")["price"] == 3


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ({"preis": "px"}, "preis is none of ours; there are timestamp, symbol"),
        ({"price": "qx"}, "x has no column qx; it has ts, symbol, px"),
    ],
)
def test_a_mapping_that_leads_nowhere_is_refused(names: dict[str, str], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        mapped(["ts", "symbol", "px"], ReadOptions(names=names), "x")
