"""The corporate actions of a lake are each there once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services.ingest.known_actions import actions_during, read_actions
from shared.actions import Action
from shared.block import Block
from shared.lake.writer import LakeWriter
from shared.streams import CORPORATE_ACTIONS, TICKS
from tests.fixtures.blocks import block


def splits(times: list[int], numerator: int = 2) -> Block:
    """Splits of instrument 1."""
    told = {"action": Action.SPLIT, "numerator": numerator, "denominator": 1, "instrument": 1}
    columns: dict[str, Any] = {name: [value] * len(times) for name, value in told.items()}
    return block(CORPORATE_ACTIONS, times, watermark_ns=0, **columns)


def test_an_action_that_was_taken_in_twice_happened_once(tmp_path: Path) -> None:
    with LakeWriter(tmp_path) as writer:
        for number, (times, ratio) in enumerate((([10, 30], 2), ([30, 20], 3))):
            writer.add(splits(times, ratio))
            writer.commit(str(number), {})
    found = read_actions(tmp_path)
    assert found["event_time_ns"].tolist() == [10, 20, 30]
    assert found["numerator"].tolist() == [2, 3, 3]


def test_a_lake_without_actions_has_none(tmp_path: Path) -> None:
    assert len(read_actions(tmp_path)) == len(read_actions(tmp_path / "nowhere")) == 0


def test_a_tape_has_the_actions_that_happened_while_it_ran(tmp_path: Path) -> None:
    with LakeWriter(tmp_path) as writer:
        writer.add(splits([10, 20, 30, 40]))
        writer.commit("one", {})
    tape = block(TICKS, [10, 30], watermark_ns=30, instrument=[1, 1])
    assert actions_during(tmp_path, tape)["event_time_ns"].tolist() == [20, 30]
    others = block(TICKS, [10, 30], watermark_ns=30, instrument=[2, 2])
    assert len(actions_during(tmp_path, others)) == 0
