"""A symbol keeps its id, and a lake counts it in one step."""

from __future__ import annotations

from decimal import Decimal

import pytest

from services.ingest.vendors.enrolling import enrolled
from shared.failures import Refused
from shared.market import Instrument, Instruments


def test_a_symbol_keeps_its_id_and_a_new_one_gets_the_next() -> None:
    known = Instruments([Instrument(instrument=4, symbol="OLD")])
    assert enrolled(known, Instrument(instrument=1, symbol="OLD"), "acme").instrument == 4
    assert enrolled(known, Instrument(instrument=1, symbol="NEW"), "acme").instrument == 5
    assert known[5].symbol == "NEW"


def test_other_steps_are_refused() -> None:
    known = Instruments([Instrument(instrument=4, symbol="OLD")])
    with pytest.raises(Refused, match=r"acme's are 0\.0001 and 1"):
        enrolled(known, Instrument(instrument=1, symbol="OLD", tick=Decimal("0.0001")), "acme")
