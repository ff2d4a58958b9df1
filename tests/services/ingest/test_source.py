"""What every source promises, proved on each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.fact_cuts import ticks_alone
from services.ingest.source import Source
from services.ingest.source_tape import TapeSource
from services.ingest.synthetic.source_synthetic import SyntheticSource
from shared.block import Block, join
from shared.time import SECOND_NS
from tests.fixtures.markets import same_rows, small_config, small_tape

MAKERS: dict[str, Callable[[], Source]] = {
    "synthetic": lambda: SyntheticSource(small_config()),
    "tape": lambda: TapeSource(small_tape(), 100, 8),
}


def cuts_of(source: Source, count: int, now_ns: int = SECOND_NS) -> list[list[Block]]:
    """The ticks of the first cuts, asked for whenever the source says."""
    found: list[list[Block]] = []
    while len(found) < count:
        blocks = source.next(now_ns)
        if blocks is not None:
            found.append(list(ticks_alone(blocks)))
        due = source.due_ns(now_ns)
        if due is None:
            break
        now_ns = max(due, now_ns + 1)
    return found


def rows_of(cuts: list[list[Block]]) -> Block:
    return join([join(blocks).sorted() for blocks in cuts]).sorted()


@pytest.mark.parametrize("kind", MAKERS)
def test_every_cut_is_a_block_a_partition_with_one_rising_promise(kind: str) -> None:
    promised = -1
    for blocks in cuts_of(MAKERS[kind](), 20):
        assert [block.partition for block in blocks] == list(range(8))
        assert len({block.watermark_ns for block in blocks}) == 1
        assert all((block["event_time_ns"] > promised).all() for block in blocks)
        assert all((block["event_time_ns"] <= block.watermark_ns).all() or kind == "tape" for block in blocks)
        assert blocks[0].watermark_ns >= promised
        promised = blocks[0].watermark_ns


@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=8, deadline=None)
@given(st.integers(1, 19))
def test_a_source_that_resumes_goes_on_where_it_stopped(kind: str, done: int) -> None:
    whole = cuts_of(MAKERS[kind](), 20)
    again = MAKERS[kind]()
    again.resume(done, whole[done - 1][0].watermark_ns)
    rest = rows_of(cuts_of(again, 20))
    wanted = rows_of(whole[done:])
    rows = min(len(rest), len(wanted))
    assert rows > 0
    for name in ("event_time_ns", "instrument", "price", "bid", "size"):
        assert (rest[name][:rows] == wanted[name][:rows]).all()


@pytest.mark.parametrize("kind", MAKERS)
def test_a_source_knows_its_instruments(kind: str) -> None:
    assert len(MAKERS[kind]().instruments) == 5


def test_sources_that_are_asked_alike_answer_alike() -> None:
    one, other = cuts_of(MAKERS["synthetic"](), 50), cuts_of(MAKERS["synthetic"](), 50)
    assert all(same_rows(a, b) for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True))
