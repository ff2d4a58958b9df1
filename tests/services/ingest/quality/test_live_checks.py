"""Live rows pass the checks or are set aside, and no promise is broken by a row that comes late."""

from __future__ import annotations

from services.ingest.cuts import PartitionTable, one_cut
from services.ingest.quality.live_checks import LiveChecks, Sifted
from services.ingest.quality.plan import QualityPlan
from services.ingest.quality.reasons import Reason
from shared.block import Block
from shared.market import Instrument, Instruments
from shared.time import END_OF_TAPE, SECOND_NS
from tests.fixtures.ticks import NOON_NS, ticks, trade

A, B = 1, 2
KNOWN = Instruments([Instrument(instrument=A, symbol="A"), Instrument(instrument=B, symbol="B")])
PARTITIONS = 2


def checks(lateness_s: int = 0) -> LiveChecks:
    """Checks of two known instruments."""
    return LiveChecks(QualityPlan(lateness_ns=lateness_s * SECOND_NS), KNOWN, PARTITIONS)


def cut(rows: Block, until_s: float) -> list[Block]:
    """Rows as a source gives them, promised up to a second after noon."""
    lookup = PartitionTable(rows["instrument"], PARTITIONS)
    return one_cut(rows, lookup, NOON_NS + round(until_s * SECOND_NS))


def seconds(sifted: Sifted) -> list[int]:
    """When the rows that passed happened, in the order of a merge."""
    times = [time for block in sifted.cut for time in block["event_time_ns"].tolist()]
    return sorted((time - NOON_NS) // SECOND_NS for time in times)


def reasons(sifted: Sifted) -> list[int]:
    """Why rows were refused."""
    return sorted(sifted.refused["reason"].tolist())


def test_bad_rows_are_set_aside_and_the_others_go_on() -> None:
    rows = [trade(0), trade(1, instrument=B), trade(2, price=-5), trade(3, instrument=77)]
    made = checks().sift(cut(ticks(rows), 3))
    assert seconds(made) == [0, 1]
    assert reasons(made) == sorted([Reason.UNKNOWN_INSTRUMENT, Reason.NEGATIVE_PRICE])
    assert [block.watermark_ns for block in made.cut] == [NOON_NS + 3 * SECOND_NS] * PARTITIONS
    assert [block.partition for block in made.cut] == [0, 1]


def test_a_row_behind_a_promise_is_refused_though_its_instrument_was_silent() -> None:
    judge = checks()
    judge.sift(cut(ticks([trade(5)]), 5))
    made = judge.sift(cut(ticks([trade(4, instrument=B), trade(6, instrument=B)]), 7))
    assert (seconds(made), reasons(made)) == ([6], [Reason.TOO_LATE])


def test_rows_that_are_late_within_the_bound_leave_in_order() -> None:
    judge = checks(lateness_s=3)
    first = judge.sift(cut(ticks([trade(1), trade(5)]), 5))
    second = judge.sift(cut(ticks([trade(3), trade(1, instrument=B)]), 6))
    last = judge.sift(cut(ticks([trade(7, instrument=B)]), 7))
    assert [seconds(made) for made in (first, second, last)] == [[1], [3], []]
    assert reasons(second) == [Reason.TOO_LATE]
    assert first.cut[0].watermark_ns == NOON_NS + 2 * SECOND_NS
    ended = judge.sift([block.until(END_OF_TAPE) for block in cut(ticks([]), 8)])
    assert seconds(ended) == [5, 7]
    assert ended.cut[0].watermark_ns == END_OF_TAPE


def test_rows_of_one_cut_that_are_out_of_order_between_instruments_are_put_in_order() -> None:
    judge = LiveChecks(QualityPlan(), KNOWN, 1)
    rows = ticks([trade(3), trade(2, instrument=B), trade(4)])
    (block,) = judge.sift([rows.until(NOON_NS + 4 * SECOND_NS)]).cut
    assert block["event_time_ns"].tolist() == sorted(rows["event_time_ns"].tolist())


def test_checks_that_learn_what_they_accepted_go_on_as_if_they_had_never_stopped() -> None:
    before = [trade(second, price=10_000 + second % 3, venue_seq=second + 1) for second in range(40)]
    after = [
        trade(41, price=20_000, venue_seq=50),
        trade(42, venue_seq=40),
        trade(43, price=10_001, venue_seq=51),
    ]
    judge, heir = checks(), checks()
    accepted = judge.sift(cut(ticks(before), 40)).cut
    for block in accepted:
        heir.learn(block)
    heir.resume(accepted[0].watermark_ns)
    told = [made.sift(cut(ticks(after), 44)) for made in (judge, heir, checks())]
    assert [reasons(made) for made in told[:2]] == [sorted([Reason.TRADE_SPIKE, Reason.DUPLICATE])] * 2
    assert reasons(told[2]) != reasons(told[1])
