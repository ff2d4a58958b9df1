"""Facts: a closed list that anyone can read, and rows that can be believed."""

from __future__ import annotations

import math

import pytest

from shared.facts import FIELDS, MARKET, FactRows, Field, fault_of, sector_subject
from shared.failures import BadInput
from shared.market import SECTORS


def test_every_field_says_its_unit_and_meaning() -> None:
    assert set(FIELDS) == set(Field)
    assert all(terms.unit and terms.meaning for terms in FIELDS.values())


def test_sectors_are_called_by_name_or_place_and_lie_below_the_market() -> None:
    assert sector_subject("Technology") == sector_subject(0) == -1
    assert {sector_subject(name) for name in SECTORS} == set(range(-len(SECTORS), 0))


def test_rows_come_out_by_time_subject_and_field() -> None:
    rows = FactRows()
    rows.add(2, 7, Field.PE_RATIO, 20.0)
    rows.add(1, MARKET, Field.VIX, 15.0)
    rows.add(2, MARKET, Field.PRICE, 4_000.0)
    rows.add(2, sector_subject("Energy"), Field.PRICE, 90.0)
    block = rows.block(watermark_ns=5)
    assert block["event_time_ns"].tolist() == [1, 2, 2, 2]
    assert block["instrument"].tolist() == [0, sector_subject("Energy"), 0, 7]
    assert block["value"].tolist() == [15.0, 90.0, 4_000.0, 20.0]
    assert block.watermark_ns == 5
    assert not len(FactRows().block())


def test_of_two_at_one_time_the_later_told_stands() -> None:
    rows = FactRows()
    rows.add(1, 7, Field.EPS, 3.0)
    rows.add(1, 7, Field.EPS, 4.0)
    assert rows.block()["value"].tolist() == [4.0]


def test_every_item_of_news_counts() -> None:
    rows = FactRows()
    for score in (0.5, 0.5, -0.2):
        rows.add(1, 7, Field.SENTIMENT, score)
    assert rows.block()["value"].tolist() == [0.5, 0.5, -0.2]


@pytest.mark.parametrize(
    ("subject", "field", "value"),
    [
        (MARKET, Field.PRICE, 0.0),
        (MARKET, Field.VIX, -1.0),
        (MARKET, Field.PE_RATIO, 20.0),
        (7, Field.PRICE, 100.0),
        (sector_subject(0), Field.VIX, 15.0),
        (-len(SECTORS) - 1, Field.PRICE, 100.0),
        (7, Field.SENTIMENT, 1.5),
        (7, Field.SECTOR, len(SECTORS)),
        (7, Field.EPS, math.nan),
    ],
)
def test_what_cannot_be_believed_is_refused(subject: int, field: Field, value: float) -> None:
    assert fault_of(subject, field, value)
    with pytest.raises(BadInput, match=field.name.lower()):
        FactRows().add(1, subject, field, value)
