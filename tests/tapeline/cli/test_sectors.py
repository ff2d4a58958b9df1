"""A file of sectors is read as people write it, and what it does not say is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from research.training.plan import POOLED, SyntheticPast, TrainPlan
from services.features.config import FeatureSpec
from services.ingest.synthetic.market import MarketPlan
from shared.time import DAY_NS
from tapeline.cli.outcome import DataMissing
from tapeline.cli.sectors import read_sectors, unplaced


def plan(sectors: tuple[str, ...], sector_of: dict[str, str]) -> TrainPlan:
    market = MarketPlan(symbols=3, interval_ns=DAY_NS)
    return TrainPlan(
        synthetic=SyntheticPast(market=market, bars=100),
        spec=FeatureSpec(interval_ns=DAY_NS, features=("return_1",)),
        sectors=sectors,
        sector_of=sector_of,
    )


@pytest.mark.parametrize("head", ["", "symbol,sector\n", "\ufeffTicker,GICS\n"])
def test_a_header_may_be_there_or_not(head: str, tmp_path: Path) -> None:
    path = tmp_path / "sectors.csv"
    path.write_text(f"{head} ACME , Energy,more\n\nB,Utilities\n", encoding="utf-8")
    assert read_sectors(path) == {"ACME": "Energy", "B": "Utilities"}


@pytest.mark.parametrize("content", [b"", b"symbol,sector\n", b"\xff\xfe\x00"])
def test_a_file_that_says_nothing_is_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sectors.csv"
    path.write_bytes(content)
    with pytest.raises(DataMissing, match="sectors"):
        read_sectors(path)
    with pytest.raises(DataMissing):
        read_sectors(tmp_path / "none.csv")


def test_symbols_that_are_not_there_and_those_without_a_sector_are_said() -> None:
    strange = {f"X{number}": "Energy" for number in range(7)}
    assert list(unplaced(plan(("all",), strange))) == [
        "7 symbols (X0, X1, X2, X3, X4, …) of --sector-file not in the data: left out"
    ]
    assert list(unplaced(plan((POOLED,), {}))) == []
