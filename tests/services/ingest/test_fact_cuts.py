"""Facts are cut in the same places as ticks, and never too many for a wire."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

import services.ingest.fact_cuts as fact_cuts
from services.ingest.cuts import cut
from services.ingest.fact_cuts import apart, ticks_alone, with_a_block_of_facts, with_facts
from shared.block import Block, join
from shared.codec import MAX_BYTES, encode
from shared.facts import FactRows, Field
from shared.streams import FACTS, TICKS
from tests.fixtures.blocks import block

PARTITIONS = 3


def facts_at(times: list[int]) -> Block:
    rows = FactRows()
    for number, time_ns in enumerate(times):
        rows.add(time_ns, 1 + number, Field.EPS, float(number))
    return rows.block()


def tape(times: list[int]) -> Block:
    return block(TICKS, times, watermark_ns=times[-1], instrument=[t % 5 for t in times])


@given(
    ticks=st.lists(st.integers(1, 100), min_size=1, max_size=40).map(sorted),
    facts=st.lists(st.integers(1, 120), max_size=40).map(sorted),
    rows=st.integers(1, 10),
    most=st.integers(1, 50),
)
def test_every_fact_travels_once_in_the_first_cut_that_promises_it(
    ticks: list[int], facts: list[int], rows: int, most: int
) -> None:
    told = facts_at(facts)
    cuts = list(with_facts(cut(tape(ticks), rows, PARTITIONS), told, most))
    blocks = [apart(whole)[1][0] for whole in cuts]
    assert all(len({one.watermark_ns for one in whole}) == 1 for whole in cuts)
    assert join(blocks)["value"].tolist() == told["value"].tolist()
    promised = 0
    for made in blocks:
        assert made.watermark_ns >= promised
        assert (made["event_time_ns"] > promised).all() and len(made) <= most
        promised = made.watermark_ns
    assert join([join(list(apart(whole)[0])) for whole in cuts])["event_time_ns"].size == len(ticks)


def test_facts_are_one_log_whatever_partition_a_lake_kept_them_in() -> None:
    told = replace(facts_at([1, 2, 3]), partition=7)
    made = [apart(whole)[1][0] for whole in with_facts(cut(tape([1, 2, 3]), 1, PARTITIONS), told)]
    assert {block.partition for block in made} == {0}
    assert join(made)["value"].tolist() == told["value"].tolist()


def test_a_block_of_the_most_facts_fits_a_wire() -> None:
    rows = facts_at(list(range(1, fact_cuts.WIRE_ROWS + 1)))
    assert len(encode(rows.numbered("run", 1, 0))) < MAX_BYTES


def test_a_run_gets_a_block_of_facts_exactly_where_it_reads_them() -> None:
    ticks = list(next(iter(cut(tape([1, 2, 3]), 10, PARTITIONS))))
    facts = facts_at([1]).until(ticks[0].watermark_ns)
    assert ticks_alone([*ticks, facts]) == ticks == ticks_alone(ticks)
    assert with_a_block_of_facts([*ticks, facts]) == [*ticks, facts]
    empty = with_a_block_of_facts(ticks)[-1]
    assert empty.stream is FACTS and not len(empty) and empty.watermark_ns == ticks[0].watermark_ns
