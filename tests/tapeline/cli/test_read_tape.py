"""A tape is the same rows whatever it lies in: a lake, recorded blocks, or a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.files.options import ReadOptions
from services.ingest.tape import write_tape
from shared.block import join
from shared.codec import encode
from shared.lake.block_log import BlockLog
from shared.market import Instrument, Instruments
from tapeline.cli.outcome import DataMissing
from tapeline.cli.read_tape import only, opened
from tests.fixtures.feature_tapes import random_tape
from tests.fixtures.tick_files import HEADER, file_of, row

KNOWN = Instruments(Instrument(instrument=17 * n, symbol=f"S{n}") for n in (1, 2, 3))
TAPE = random_tape(500, 3, 5)


def test_a_lake_is_read_whole_with_its_days(tmp_path: Path) -> None:
    write_tape(tmp_path / "lake", TAPE, KNOWN)
    with opened(tmp_path / "lake", tmp_path, ReadOptions()) as tape:
        assert len(join(list(tape.blocks))) == len(TAPE)
        assert tape.days == ("2023-11-14", "2023-11-14")
        assert [one.symbol for one in tape.instruments] == ["S1", "S2", "S3"]


def test_recorded_blocks_are_a_tape_too(tmp_path: Path) -> None:
    log = BlockLog(tmp_path / "blocks")
    log.append(1, [encode(TAPE.rows(0, 300)), encode(TAPE.rows(300, 500))])
    log.close()
    with opened(tmp_path / "blocks", tmp_path, ReadOptions()) as tape:
        assert len(join(list(tape.blocks))) == len(TAPE)


def test_a_file_is_sorted_on_the_way(tmp_path: Path) -> None:
    file = file_of(tmp_path, HEADER + row(2, "10.02", "A") + row(1, "10.01", "A"))
    with opened(file, tmp_path, ReadOptions()) as tape:
        assert join(list(tape.blocks))["price"].tolist() == [1001, 1002]


def test_only_some_symbols_and_never_one_that_is_not_there() -> None:
    (kept,) = only([TAPE], KNOWN, ["S2"])
    assert set(kept["instrument"].tolist()) == {34} and 0 < len(kept) < len(TAPE)
    assert next(only([TAPE], KNOWN, [])) is TAPE
    with pytest.raises(DataMissing, match="no S9"):
        list(only([TAPE], KNOWN, ["S2", "S9"]))
