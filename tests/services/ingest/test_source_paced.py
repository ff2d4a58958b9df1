"""A tape as a live source."""

from __future__ import annotations

from itertools import pairwise

from services.ingest.config import Pacing
from services.ingest.fact_cuts import apart
from services.ingest.source_paced import PacedTape
from shared.block import Block, join
from shared.time import END_OF_TAPE, SECOND_NS
from tests.fixtures.markets import same_rows, small_tape


def played(source: PacedTape, now: int = 0, most: int = 1_000_000) -> list[tuple[int, list[Block]]]:
    """Every cut with its time on the wall, as a loop would get them that always waits as it is told."""
    cuts: list[tuple[int, list[Block]]] = []
    for _ in range(most):
        due = source.due_ns(now)
        if due is None:
            return cuts
        now = max(now, due) + 1000
        cut = source.next(now)
        if cut is not None:
            cuts.append((now, list(apart(cut)[0])))
    return cuts


def rows(cuts: list[tuple[int, list[Block]]]) -> Block:
    """All ticks, as they lay on the tape, but for the time of their receipt."""
    whole = join([block for _, cut in cuts for block in cut]).sorted()
    return Block(whole.stream, {**whole.columns, "received_ns": whole["received_ns"] * 0}, 0)


def test_every_row_comes_once_in_order_and_the_end_is_said() -> None:
    tape = small_tape()
    cuts = played(PacedTape(tape, Pacing(speed=10.0), 8))
    assert same_rows(rows(cuts), tape.ticks)
    marks = [cut[0].watermark_ns for _, cut in cuts]
    assert marks == sorted(marks)
    assert marks[-1] == END_OF_TAPE
    assert all(len({block.watermark_ns for block in cut}) == 1 for _, cut in cuts)


def test_rows_come_when_their_time_has_come_and_never_before() -> None:
    tape = small_tape()
    cuts = played(PacedTape(tape, Pacing(speed=4.0), 8))
    first = int(tape.ticks["event_time_ns"][0])
    for now, cut in cuts[:-1]:
        for block in cut:
            for time in block["event_time_ns"].tolist():
                due = (time - first) / 4
                assert due <= now
                assert now - due < 60_000_000


def test_no_row_comes_behind_its_watermark() -> None:
    promised = -1
    for _, cut in played(PacedTape(small_tape(), Pacing(speed=100.0, rows_per_cut=7), 8)):
        times = [time for block in cut for time in block["event_time_ns"].tolist()]
        assert all(time > promised for time in times)
        assert sum(map(len, cut)) <= 7
        promised = cut[0].watermark_ns


def test_a_quiet_tape_still_tells_the_time() -> None:
    tape = small_tape(ticks=5)
    source = PacedTape(tape, Pacing(speed=0.01), 8)
    beats = played(source, most=200)
    assert any(not sum(map(len, cut)) for _, cut in beats)
    waits = [b - a for (a, _), (b, _) in pairwise(beats)]
    assert max(waits) <= SECOND_NS // 4 + 3_000_000


def test_it_goes_on_behind_what_was_promised() -> None:
    tape = small_tape()
    cuts = played(PacedTape(tape, Pacing(speed=10.0), 8))
    half = cuts[: len(cuts) // 2]
    twin = PacedTape(tape, Pacing(speed=10.0), 8)
    twin.resume(1, half[-1][1][0].watermark_ns)
    assert same_rows(rows([*half, *played(twin, 10**15)]), tape.ticks)


def test_a_tape_that_has_ended_stays_ended() -> None:
    source = PacedTape(small_tape(), Pacing(), 8)
    source.resume(1, END_OF_TAPE)
    assert source.due_ns(0) is None
    assert source.next(0) is None


def test_each_fact_comes_once_under_the_promise_that_covers_it() -> None:
    tape = small_tape()
    source, now, told = PacedTape(tape, Pacing(speed=50.0), 8), 0, list[Block]()
    while (due := source.due_ns(now)) is not None:
        now = max(now, due) + 1000
        told += apart(source.next(now) or [tape.ticks])[1]
    assert join(told)["value"].tolist() == tape.facts["value"].tolist()
    assert all((block["event_time_ns"] <= block.watermark_ns).all() for block in told)
