"""Recorded facts are told once, in their time, never behind a promise, whatever the source."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.ingest.config import Pacing
from services.ingest.fact_cuts import apart
from services.ingest.facts.source_recorded import LOOK_EVERY_NS, RecordedFacts, ToldBeside
from services.ingest.facts.told import ToldFacts
from services.ingest.source_paced import PacedTape
from services.ingest.synthetic.market import MarketPlan
from services.ingest.tape import Tape, synthetic_tape, write_instruments
from shared.block import Block, join
from shared.facts import MARKET, FactRows, Field
from shared.lake.block_log import BlockLog
from shared.lake.compaction import compact
from shared.lake.parquet import write_block
from shared.market import Instrument, Instruments
from shared.time import END_OF_TAPE, SECOND_NS

TAPE = synthetic_tape(MarketPlan(symbols=2), 400)
START = int(TAPE.ticks["event_time_ns"][0])
THEIRS = 77
"""What the lake calls the first instrument of the tape."""


def lake_with(folder: Path, *facts: tuple[int, int, Field, float], number: int = 1) -> Path:
    ours = next(iter(TAPE.instruments))
    write_instruments(folder, Instruments([Instrument(instrument=THEIRS, symbol=ours.symbol)]))
    rows = FactRows()
    for fact in facts:
        rows.add(*fact)
    write_block(folder, rows.block(), number)
    return folder


def source(lake: Path, most: int = 1_000) -> ToldBeside:
    paced = PacedTape(Tape(TAPE.instruments, TAPE.ticks, ()), Pacing(speed=1.0), 2)
    taken_up = ToldFacts(BlockLog(lake.parent / f"{lake.name}-told"))
    return ToldBeside(paced, RecordedFacts(lake, TAPE.instruments), taken_up, most)


def cuts_of(told: ToldBeside, now_ns: int = 0) -> list[list[Block]]:
    made: list[list[Block]] = []
    while not made or made[-1][0].watermark_ns < END_OF_TAPE:
        cut = told.next(now_ns)
        if cut is not None:
            made.append(cut)
        now_ns += SECOND_NS // 10
    return made


def facts_in(cuts: list[list[Block]]) -> Block:
    return join([rows for cut in cuts for rows in apart(cut)[1]])


def test_the_past_is_told_with_the_first_cut_and_the_rest_in_its_time(tmp_path: Path) -> None:
    past, later = START - 9 * SECOND_NS, START + SECOND_NS
    lake = lake_with(tmp_path, (past, MARKET, Field.VIX, 20.0), (later, MARKET, Field.VIX, 21.0))
    told = source(lake)
    told.resume(0, 0)
    cuts = cuts_of(told)

    assert facts_in(cuts)["value"].tolist() == [20.0, 21.0]
    assert facts_in(cuts[:1])["event_time_ns"].tolist() == [past]
    for cut in cuts:
        (facts,) = apart(cut)[1]
        assert (facts["event_time_ns"] <= facts.watermark_ns).all()
    assert sum(len(block) for cut in cuts for block in apart(cut)[0]) == len(TAPE.ticks)


def test_companies_are_known_by_their_symbol_and_strangers_are_left_out(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, (1, THEIRS, Field.EPS, 1.5), (1, THEIRS + 1, Field.EPS, 9.0))
    told = source(lake)
    told.resume(0, 0)
    found = facts_in(cuts_of(told))
    ours = next(iter(TAPE.instruments)).instrument

    assert (found["instrument"].tolist(), found["value"].tolist()) == ([ours], [1.5])


def test_what_comes_late_is_known_from_the_first_free_moment(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, (1, MARKET, Field.VIX, 20.0))
    told = source(lake)
    told.resume(0, 0)
    first = told.next(SECOND_NS)
    while first is None:
        first = told.next(2 * SECOND_NS)
    promised = first[0].watermark_ns
    late = ((2, MARKET, Field.VIX, 30.0), (3, MARKET, Field.VIX, 31.0))
    lake_with(tmp_path, *late, number=2)
    found = facts_in(cuts_of(told, 3 * SECOND_NS + LOOK_EVERY_NS))

    assert found["value"].tolist() == [30.0, 31.0], "told once, in order"
    assert found["event_time_ns"][0] > promised
    assert np.diff(found["event_time_ns"]).min() > 0


def begun(lake: Path, facts: ToldBeside) -> list[Block]:
    facts.resume(0, 0)
    first = facts.next(SECOND_NS)
    while first is None:
        first = facts.next(2 * SECOND_NS)
    return first


def test_a_desk_that_comes_back_tells_nothing_twice(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, (1, MARKET, Field.VIX, 20.0), (START + SECOND_NS, MARKET, Field.VIX, 21.0))
    first = begun(lake, source(lake))
    heir = source(lake)
    heir.resume(1, first[0].watermark_ns)

    assert facts_in([first, *cuts_of(heir)])["value"].tolist() == [20.0, 21.0]


def test_what_came_while_the_desk_was_away_is_told_late_and_not_lost(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, (1, MARKET, Field.VIX, 20.0))
    first = begun(lake, source(lake))
    promised = first[0].watermark_ns
    lake_with(tmp_path, (2, MARKET, Field.VIX, 30.0), (3, MARKET, Field.VIX, 31.0), number=2)
    heir = source(lake)
    heir.resume(1, promised)
    found = facts_in(cuts_of(heir))

    assert found["value"].tolist() == [30.0, 31.0]
    assert found["event_time_ns"][0] > promised


def test_a_late_fact_that_a_crash_kept_back_is_told_once_at_the_time_it_was_given(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, (1, MARKET, Field.VIX, 20.0))
    promised = begun(lake, source(lake))[0].watermark_ns
    lake_with(tmp_path, (2, MARKET, Field.VIX, 30.0), number=2)
    source(lake).resume(1, promised)
    compact(lake)
    heir = source(lake)
    heir.resume(1, promised)
    cuts = cuts_of(heir)
    third = source(lake)
    third.resume(1, cuts[0][0].watermark_ns)

    assert facts_in(cuts)["event_time_ns"].tolist() == [promised + 1]
    assert not len(facts_in(cuts_of(third)))


def test_many_facts_go_before_in_cuts_of_their_own(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, *((at, MARKET, Field.VIX, 20.0 + at) for at in range(1, 26)))
    told = source(lake, most=10)
    told.resume(0, 0)
    cuts = cuts_of(told)

    assert [len(apart(cut)[1][0]) for cut in cuts[:3]] == [10, 10, 5]
    assert [len(block) for cut in cuts[:2] for block in apart(cut)[0]] == [0] * 4
    marks = [cut[0].watermark_ns for cut in cuts]
    assert marks == sorted(set(marks)), "every promise goes on"
    assert told.due_ns(5) is None


def test_the_live_vector_hears_them(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, (1, MARKET, Field.VIX, 20.0), (START + SECOND_NS, MARKET, Field.VIX, 21.0))
    told = source(lake)
    told.resume(0, 0)
    spec = FeatureSpec(features=("vix.close",), interval_ns=2 * SECOND_NS)
    processors, made = [FeatureProcessor(spec, partition) for partition in (0, 1)], []
    for cut in cuts_of(told):
        ticks, facts = apart(cut)
        for processor, block in zip(processors, ticks, strict=True):
            for rows in facts:
                processor.handle(rows)
            made += [out for out in processor.handle(block) if out.stream.name == "features" and len(out)]
    values = join(made)["values"][:, 0]

    assert set(values.tolist()) <= {20.0, 21.0} and values[-1] == 21.0
