"""One tape, one ledger: whether it was recorded, went out as text and came back, or kept its pace."""

from __future__ import annotations

from pathlib import Path

import msgspec

from research.replay.inprocess import replay_in_process
from services.ingest.files.export import export
from services.ingest.tape import write_instruments
from shared.lake.compaction import compact
from shared.lake.writer import LakeWriter
from tests.fixtures.replays import Recorded
from tests.fixtures.tick_files import taken


def test_a_lake_gives_the_ledger_of_the_tape_that_went_into_it(recorded: Recorded, tmp_path: Path) -> None:
    wanted = replay_in_process(recorded.options()).ledger_sha256
    lake = tmp_path / "lake"
    write_instruments(lake, recorded.tape.instruments)
    with LakeWriter(lake) as writer:
        for start in range(0, len(recorded.tape.ticks), 999):
            writer.add(recorded.tape.ticks.rows(start, start + 999))
            writer.commit(str(start), {})
        writer.add(recorded.tape.facts)
        writer.commit("facts", {})
    options = msgspec.structs.replace(recorded.options(), tape=lake)
    assert replay_in_process(options).ledger_sha256 == wanted
    compact(lake)
    assert replay_in_process(options).ledger_sha256 == wanted


def test_a_tape_that_went_out_as_text_and_came_back_gives_the_same_ledger(
    recorded: Recorded, tmp_path: Path
) -> None:
    wanted = replay_in_process(recorded.options()).ledger_sha256
    export(recorded.tape, tmp_path, "csv", tmp_path / "x.csv.gz")
    write_instruments(tmp_path / "lake", recorded.tape.instruments)
    taken(tmp_path / "x.csv.gz", tmp_path / "lake")
    with LakeWriter(tmp_path / "lake") as writer:
        writer.add(recorded.tape.facts)
        writer.commit("facts", {})
    options = msgspec.structs.replace(recorded.options(), tape=tmp_path / "lake")
    assert replay_in_process(options).ledger_sha256 == wanted


def test_the_pace_of_a_replay_does_not_change_its_ledger(recorded: Recorded) -> None:
    wanted = replay_in_process(recorded.options())
    paced = replay_in_process(recorded.options(speed=500.0))
    times = recorded.tape.ticks["event_time_ns"]
    assert paced.ledger_sha256 == wanted.ledger_sha256
    assert paced.seconds >= float(times[-1] - times[0]) / 1e9 / 500.0 * 0.8
