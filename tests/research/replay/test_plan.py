"""The books of a replay are in the money that its tape is priced in."""

from __future__ import annotations

import msgspec

from research.replay.plan import notes_on
from services.ingest.tape import Tape
from shared.market import Instrument, Instruments
from tests.fixtures.ticks import ticks, trade
from tests.fixtures.venues import BITCOIN


def in_money(*currencies: str) -> Instruments:
    return Instruments(
        Instrument(instrument=place, symbol=f"S{place}", currency=name)
        for place, name in enumerate(currencies, 1)
    )


def test_what_is_priced_in_another_currency_is_said_not_to_be_traded() -> None:
    tape = Tape(in_money("EUR", "USD", "USDT"), ticks([trade()]), ("before",))
    assert notes_on(tape) == (
        "before",
        "books are in USD; 2 instruments are not, and are not traded: S1, S3",
    )
    many = Instruments(
        [
            *tape.instruments,
            *(msgspec.structs.replace(BITCOIN, instrument=n, symbol=f"B{n}") for n in range(9, 19)),
        ]
    )
    assert notes_on(tape._replace(instruments=many))[1].endswith("S1, S3, B9, B10, B11, …")
    assert notes_on(tape._replace(instruments=in_money("EUR"))) == ("before",)
