"""Facts stand beside a tape in order, a vector that wants some is refused without, a session has a number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from services.features.config import FeatureSpec
from services.ingest.files.options import ReadOptions
from services.ingest.tape import write_tape
from shared.block import Block
from shared.facts import MARKET, FactRows, Field
from shared.lake.parquet import write_block
from shared.market import Instrument, Instruments
from tapeline.cli.beside import beside_of, sessions_of
from tapeline.cli.outcome import DataMissing
from tapeline.cli.read_tape import opened
from tests.fixtures.feature_tapes import START_NS, random_tape

VIX = FeatureSpec(features=("vix.close",))


def facts_of(lake: Path, context: list[str], folder: Path) -> Block:
    with opened(lake, folder, ReadOptions()) as tape:
        return beside_of(VIX, context, tape, folder).facts


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    write_tape(
        tmp_path / "lake", random_tape(200, 1, 5), Instruments([Instrument(instrument=17, symbol="A")])
    )
    return tmp_path / "lake"


def test_recorded_facts_and_those_of_files_are_one_log(lake: Path, tmp_path: Path) -> None:
    rows = FactRows()
    rows.add(START_NS, MARKET, Field.VIX, 17.0)
    write_block(lake, rows.block(), 0)
    file = tmp_path / "vix.csv"
    file.write_text("date,close\n2023-11-12,14.5\n2023-11-14,16.5\n")

    found = facts_of(lake, [f"vix={file}"], tmp_path)
    assert found["value"].tolist() == [14.5, 17.0, 16.5]


def test_hours_of_a_calendar_are_facts(lake: Path, tmp_path: Path) -> None:
    found = facts_of(lake, ["hours=XNYS"], tmp_path)
    assert set(found["value"].tolist()) == {0.0, 1.0}
    assert set(found["field"].tolist()) == {int(Field.OPEN)}


def test_a_vector_that_wants_facts_is_not_served_from_none(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="--context"):
        facts_of(lake, [], tmp_path)


def test_closes_of_one_session_share_a_number(tmp_path: Path) -> None:
    number = sessions_of("XNYS", tmp_path)
    assert sessions_of("", tmp_path) is None and number is not None
    closes = np.array(["2024-11-27T15:00", "2024-11-27T20:59", "2024-11-29T15:00"], "datetime64[ns]")
    first, second, third = number(closes.astype(np.int64)).tolist()
    assert first == second != third
    assert len(number(np.empty(0, np.int64))) == 0
