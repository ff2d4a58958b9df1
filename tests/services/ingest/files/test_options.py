"""What a reader is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.ingest.files.options import ReadOptions, pairs_of
from shared.failures import Refused


def test_names_are_given_as_ours_and_theirs() -> None:
    assert pairs_of(["Price=Last Px", "symbol=sym"]) == {"price": "last px", "symbol": "sym"}


@pytest.mark.parametrize("word", ["price", "=px", "price="])
def test_half_a_mapping_is_refused(word: str) -> None:
    with pytest.raises(Refused, match="wanted OURS=THEIRS"):
        pairs_of([word])


def test_a_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="no time zone is called Mars/Olympus"):
        ReadOptions(tz="Mars/Olympus")
    assert ReadOptions(tz="any").tz == "any"


@pytest.mark.parametrize(("tick", "lot"), [("0", "1"), ("0.01", "-1")])
def test_a_grid_without_width_is_refused(tick: str, lot: str) -> None:
    with pytest.raises(Refused, match="both must be above 0"):
        ReadOptions(tick=Decimal(tick), lot=Decimal(lot))
