"""Facts go into a lake once, and only those of its own symbols and of the market."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.facts.context import asked
from services.ingest.facts.lake import add_facts, read_facts
from services.ingest.tape import write_instruments
from shared.facts import MARKET, Field
from shared.market import Instrument, Instruments
from shared.store.memory import MemoryStore
from shared.store.rows import Fundamental, Headline
from tests.fixtures.realdata import real_data

VIX_FILE = "DATE,OPEN,HIGH,LOW,CLOSE\n2018-02-05,18.44,38.80,16.80,37.32\nbad,1,1,1,1\n"


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    write_instruments(tmp_path, Instruments([Instrument(instrument=7, symbol="A")]))
    return tmp_path


def store_of(*more: Fundamental) -> MemoryStore:
    store = MemoryStore()
    number = Fundamental(vendor="file", symbol="A", name="eps", as_of_ns=1, known_ns=2, value=1.5)
    store.save_fundamentals([number, *more])
    store.save_headlines([Headline(vendor="v", symbol="A", number="1", time_ns=3, headline="x", tone=0.5)])
    return store


def test_what_is_known_becomes_facts_once(lake: Path) -> None:
    vix = lake / "vix.csv"
    vix.write_text(VIX_FILE)
    assert not len(read_facts(lake))
    first = add_facts(lake, store_of(), vix, None)
    assert (first["added"], first["held"]) == (3, 0)
    assert "vix.csv: 1 × a row that cannot be read" in first["notes"][0]
    again = add_facts(lake, store_of(), vix, None)
    assert (again["added"], again["held"]) == (0, 3)
    facts = read_facts(lake)
    found = list(
        zip(facts["instrument"].tolist(), facts["field"].tolist(), facts["value"].tolist(), strict=True)
    )
    assert found == [(7, Field.EPS, 1.5), (7, Field.SENTIMENT, 0.5), (MARKET, Field.VIX, 37.32)]


def test_a_restatement_is_added_and_what_was_told_before_stays(lake: Path) -> None:
    add_facts(lake, store_of(), None, None)
    later = Fundamental(vendor="file", symbol="A", name="eps", as_of_ns=1, known_ns=9, value=1.25)
    impossible = Fundamental(vendor="file", symbol="A", name="market_cap", as_of_ns=1, known_ns=9, value=-1.0)
    told = add_facts(lake, store_of(later, impossible), None, None)
    assert (told["added"], told["held"]) == (1, 2)
    assert told["notes"] == ["1 numbers of companies cannot be, and are no facts"]
    assert read_facts(lake)["value"].tolist() == [1.5, 0.5, 1.25]


@pytest.mark.realdata
def test_all_days_of_the_vix_and_of_treasuries_are_facts(lake: Path) -> None:
    vix = real_data() / "index/vix_daily_cboe_1990_2026.csv"
    yields = real_data() / "index/us_treasury_curves_daily.csv"
    told = add_facts(lake, None, vix, yields)
    assert told["added"] > 9_000 + 6_000
    facts = read_facts(lake)
    assert set(facts["field"].tolist()) == {Field.VIX, Field.TREASURY_YIELD}
    assert 5 < facts["value"][facts["field"] == Field.VIX].min() < 10


def test_levels_and_snapshots_come_as_they_are_asked_for(lake: Path) -> None:
    (lake / "spx.csv").write_text("date,close\n2018-02-05,2648.94\n2018-02-06,x\n")
    (lake / "then.csv").write_text("symbol,sector,earnings/share\nA,Energy,2.5\nZZ,Energy,9\n")
    files = [asked(f"market={lake / 'spx.csv'}"), asked(f"companies={lake / 'then.csv'}@2018-02-08")]
    told = add_facts(lake, None, None, None, files)
    facts = read_facts(lake)
    found = set(zip(facts["instrument"].tolist(), facts["field"].tolist(), strict=True))

    assert {(MARKET, Field.PRICE), (7, Field.SECTOR)} <= found
    assert told["notes"] == ["spx.csv: 1 values cannot be and were left out"]
    assert add_facts(lake, None, None, None, files)["added"] == 0
