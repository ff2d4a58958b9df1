"""What a run has taken up is on the disk, whole and in order, and belongs to one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.ingest.facts.told import ToldFacts
from shared.block import Block
from shared.facts import MARKET, FactRows, Field
from shared.failures import Fenced
from shared.lake.block_log import BlockLog


def facts(*rows: tuple[int, float]) -> Block:
    made = FactRows()
    for time, value in rows:
        made.add(time, MARKET, Field.VIX, value)
    return made.block()


def taken(folder: Path) -> tuple[ToldFacts, Block]:
    told = ToldFacts(BlockLog(folder))
    return told, told.take()


def test_what_was_taken_up_is_found_again_as_it_is_told(tmp_path: Path) -> None:
    first, nothing = taken(tmp_path)
    first.add(facts((1, 20.0), (2, 21.0)), facts((9, 20.0), (10, 21.0)))
    heir, told = taken(tmp_path)

    assert not len(nothing)
    assert told["event_time_ns"].tolist() == [9, 10]
    assert heir.fresh(facts((1, 20.0), (2, 21.0), (2, 22.0)))["value"].tolist() == [22.0]


def test_many_facts_are_kept_in_portions(tmp_path: Path) -> None:
    many = facts(*((at, at + 1.0) for at in range(40_000)))
    first, _ = taken(tmp_path)
    first.add(many, many)

    assert taken(tmp_path)[1]["value"].tolist() == many["value"].tolist()


def test_an_heir_shuts_out_who_had_it_before(tmp_path: Path) -> None:
    hung, _ = taken(tmp_path)
    hung.add(facts((1, 20.0)), facts((1, 20.0)))
    taken(tmp_path)

    with pytest.raises(Fenced):
        hung.add(facts((2, 21.0)), facts((2, 21.0)))
