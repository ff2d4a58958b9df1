"""A recorded tape as a source."""

from __future__ import annotations

from services.ingest.source_tape import TapeSource
from shared.time import END_OF_TAPE
from tests.fixtures.markets import small_tape


def test_the_last_cut_ends_the_tape_and_nothing_follows() -> None:
    source = TapeSource(small_tape(), 1_000, 8)
    promises = []
    while (blocks := source.next(0)) is not None:
        promises.append(blocks[0].watermark_ns)
    assert promises[-1] == END_OF_TAPE
    assert len(promises) == 4
    assert source.due_ns(0) is None


def test_a_tape_waits_for_nobody() -> None:
    source = TapeSource(small_tape(), 1_000, 8)
    assert source.due_ns(5) == 5
    assert source.next(5) is not None


def test_a_tape_that_had_ended_stays_ended() -> None:
    source = TapeSource(small_tape(), 1_000, 8)
    source.resume(4, END_OF_TAPE)
    assert source.due_ns(0) is None
    assert source.next(0) is None
