"""The first vendor that answers tells a symbol's past; each step down is said and counted."""

from __future__ import annotations

import numpy as np
import pytest

from services.ingest.feeds.events import Candle
from services.ingest.feeds.rows import Received, ticks_block
from services.ingest.feeds.source_alpaca import us_equities
from services.ingest.vendors.download import Asked, Downloads, PastReader
from services.ingest.vendors.facade import Vendor
from services.ingest.vendors.past_plan import Span
from services.ingest.vendors.source_past import Past
from shared.failures import Refused, Unavailable
from shared.market import Instrument, Instruments
from shared.streams import CORPORATE_ACTIONS
from shared.time import BEFORE_TAPE, DAY_NS
from tests.fixtures.feeds import LIMITS
from tests.fixtures.venues import TestWorld

WEEK = Span(0, 7 * DAY_NS)


class Shelf:
    """A vendor with one bar of every symbol, or with nothing but a complaint."""

    def __init__(self, complaint: str = "") -> None:
        self.vendor = Vendor("acme", lambda path, params: None, TestWorld().world(), LIMITS)  # type: ignore[arg-type, return-value]
        self._complaint = complaint

    def describe(self, symbol: str) -> Instrument:
        return next(iter(us_equities([symbol], "US")))

    def bars(self, instrument: Instrument, interval: str, span: Span) -> Past:
        if self._complaint:
            raise Unavailable(self._complaint)
        if instrument.symbol == "GONE":
            return Past(ticks_block([]))
        bar = Candle(instrument.instrument, DAY_NS - 1, 1, 3, 1, 2, 9)
        split = {
            "event_time_ns": [5, 8 * DAY_NS],
            "instrument": [instrument.instrument] * 2,
            "action": [1, 1],
        }
        rows = {name: split.get(name, [1, 1]) for name in CORPORATE_ACTIONS.names}
        actions = CORPORATE_ACTIONS.block({k: np.array(v) for k, v in rows.items()}, watermark_ns=BEFORE_TAPE)
        return Past(ticks_block([Received(bar.time_ns, 0, bar)]), actions, ("a note",))


def test_the_next_vendor_is_asked_where_one_fails_and_that_is_said() -> None:
    said = list[str]()
    downloads = Downloads({"one": Shelf("on holiday"), "two": Shelf()}, Instruments(), said.append)
    told = downloads.told(Asked("AAPL", "day", WEEK))
    assert (told.vendor, said) == ("two", ["on holiday; asking two instead of one"])
    assert downloads.counts() == {"one": {}, "two": {}, "all": {"fallbacks": 1}}


def test_nobody_is_one_error_that_names_all() -> None:
    downloads = Downloads({"one": Shelf("on holiday"), "two": Shelf("ill")}, Instruments(), print)
    with pytest.raises(Unavailable, match="one: on holiday; two: ill"):
        downloads.told(Asked("AAPL", "day", WEEK))


def test_bars_and_actions_come_under_the_lakes_ids() -> None:
    downloads = Downloads({"one": Shelf()}, Instruments([Instrument(instrument=7, symbol="OLD")]), print)
    told = downloads.told(Asked("NEW", "day", WEEK))
    assert told.past.bars["instrument"].tolist() == [8]
    assert told.actions(WEEK)["instrument"].tolist() == [8], (
        "an action of after the stretch is for another time"
    )
    again = downloads.told(Asked("OLD", "day", WEEK))
    assert again.past.bars["instrument"].tolist() == [7]


def test_a_symbol_without_bars_gets_no_id() -> None:
    downloads = Downloads({"one": Shelf()}, Instruments(), print)
    assert not len(downloads.told(Asked("GONE", "day", WEEK)).past.bars)
    assert not len(downloads.instruments)


def test_an_answer_is_read_once_and_its_notes_name_it() -> None:
    downloads = Downloads({"one": Shelf()}, Instruments(), print)
    told = downloads.told(Asked("AAPL", "day", WEEK))
    reader = PastReader(told, Asked("AAPL", "day", WEEK), downloads.instruments)
    (chunk,) = reader.chunks()
    assert (reader.source, reader.notes) == ("one day AAPL", ("one day AAPL: a note",))
    assert len(chunk) == len(chunk.lines) == len(chunk.flags) == 1
    assert not len(reader.unreadable)


def test_a_refusal_of_the_only_vendor_is_told() -> None:
    class Closed(Shelf):
        def bars(self, instrument: Instrument, interval: str, span: Span) -> Past:
            raise Refused("check the key")

    with pytest.raises(Refused, match=r"^check the key$"):
        Downloads({"one": Closed()}, Instruments(), print).told(Asked("A", "day", WEEK))
