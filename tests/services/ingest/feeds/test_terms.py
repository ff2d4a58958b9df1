"""Symbols get their terms from the lake, from words, from a file or from the venue, and never by default."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from services.ingest.feeds.terms import Given, describe, said, told_by_file
from shared.failures import Refused
from shared.market import Instruments
from tests.fixtures.venues import BITCOIN, bitcoin

INFO = (
    b'{"symbols":[{"symbol":"ETHUSDT","quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER",'
    b'"tickSize":"0.01000000"},{"filterType":"LOT_SIZE","stepSize":"0.00010000"}]}]}'
)


def test_words_describe_a_pair_by_the_currency_that_it_ends_with() -> None:
    row = said(["BTCUSDT=0.01,0.00001"])["BTCUSDT"]
    assert row == BITCOIN
    assert said(["ETHBTC=0.00001,0.0001"])["ETHBTC"].currency == "BTC"


@pytest.mark.parametrize(
    "word", ["BTCUSDT", "BTCUSDT=0.01", "BTCUSDT=a,b", "=0.01,1", "BTCUSDT=0.01,-1", "X=1,1"]
)
def test_words_that_say_no_terms_are_one_clear_line(word: str) -> None:
    with pytest.raises(Refused, match=r"wanted SYMBOL=TICK,LOT|does not end with a currency"):
        said([word])


def test_what_the_lake_knows_is_not_asked_for() -> None:
    known = bitcoin()
    describe(known, ["BTCUSDT"], Given())
    assert list(known) == [BITCOIN]


def test_a_file_of_the_venue_or_of_a_lake_tells_terms(tmp_path: Path) -> None:
    info, lake = tmp_path / "info.json", tmp_path / "instruments.json"
    info.write_bytes(INFO)
    lake.write_bytes(msgspec.json.encode([BITCOIN]))
    known = Instruments()
    describe(known, ["BTCUSDT"], Given(asked=told_by_file(lake)))
    describe(known, ["BTCUSDT", "ETHUSDT"], Given(asked=told_by_file(info)))
    assert [(row.instrument, row.symbol, row.lot) for row in known] == [
        (1, "BTCUSDT", Decimal("0.00001")),
        (2, "ETHUSDT", Decimal("0.0001")),
    ]


def test_what_nobody_describes_is_refused_with_the_mend() -> None:
    with pytest.raises(Refused, match=r"nobody has described BTCUSDT, DOGEUSDT: .* --terms BTCUSDT=0.01"):
        describe(Instruments(), ["BTCUSDT", "DOGEUSDT"], Given())


def test_files_that_do_not_tell_are_refused(tmp_path: Path) -> None:
    for text, why in (
        (b"[{}]", "no list of instruments"),
        (b"[]", "does not describe"),
        (b"{", "cannot be read"),
    ):
        path = tmp_path / "told.json"
        path.write_bytes(text)
        with pytest.raises(Refused, match=why):
            told_by_file(path)(["BTCUSDT"])
    with pytest.raises(Refused, match="there is no"):
        told_by_file(tmp_path / "none.json")


def test_terms_that_contradict_the_lake_are_refused() -> None:
    with pytest.raises(Refused, match=r"the lake knows BTCUSDT with tick 0\.01 and lot 0\.00001"):
        describe(bitcoin(), ["BTCUSDT"], Given(said(["BTCUSDT=0.1,1"])))
