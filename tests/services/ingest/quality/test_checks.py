"""What the checks refuse, what they note, and what they must let through."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.lean.actions import Happening, actions_block
from services.ingest.quality.checks import QualityChecker, ReadChecker, float_faults, off_grid, quarantined
from services.ingest.quality.plan import DAILY, QualityPlan
from services.ingest.quality.reasons import Reason
from services.ingest.quality.state import CLOCK, COUNT, LINE, ROW, SPLIT
from shared.actions import Action
from shared.block import Block
from shared.calendars import Sessions
from shared.failures import BadInput, Refused
from shared.market import Instrument, Instruments
from shared.streams import BARS
from shared.time import DAY_NS, SECOND_NS
from tests.fixtures.bad_ticks import numbered, plant
from tests.fixtures.markets import small_tape
from tests.fixtures.ticks import NOON_NS, bar, quote, tick, ticks, trade

Row = dict[str, int]
CALM = [trade(i, 10_000 + i % 7) for i in range(40)]


def reasons_of(rows: Iterable[Row], plan: QualityPlan | None = None) -> list[int]:
    return [int(code) for code in QualityChecker(plan or QualityPlan()).check(ticks(rows))]


def notes_of(rows: Iterable[Row], plan: QualityPlan | None = None) -> dict[str, int]:
    checker = QualityChecker(plan or QualityPlan())
    checker.check(ticks(rows))
    codes = np.unique(checker.findings().counts["code"]).tolist()
    return {Reason(code).name: checker.findings().count(Reason(code)) for code in codes}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (tick(kind=7, price=5), Reason.UNKNOWN_KIND),
        (trade(side=3), Reason.UNKNOWN_SIDE),
        (trade(price=0), Reason.ZERO_PRICE),
        (trade(price=-1), Reason.NEGATIVE_PRICE),
        (trade(price=1 << 60), Reason.IMPOSSIBLE_PRICE),
        (trade(size=-1), Reason.NEGATIVE_SIZE),
        (trade(size=1 << 60), Reason.IMPOSSIBLE_SIZE),
        (trade(bid=10, ask=9), Reason.CROSSED_QUOTE),
        (trade(bid=-1), Reason.NEGATIVE_QUOTE),
        (quote(bid=0, ask=0), Reason.EMPTY_QUOTE),
        (quote(bid=-1), Reason.NEGATIVE_QUOTE),
        (quote(ask_size=-1), Reason.NEGATIVE_QUOTE_SIZE),
        (quote(ask=1 << 60), Reason.IMPOSSIBLE_PRICE),
        (quote(bid_size=1 << 60), Reason.IMPOSSIBLE_SIZE),
        (quote(bid=10_001, ask=9_999), Reason.CROSSED_QUOTE),
        (quote(bid=1, ask=199_999), Reason.STUB_QUOTE),
        (bar(0, low=0), Reason.NO_RANGE),
        (bar(0, high=9_950, low=10_050), Reason.HIGH_BELOW_LOW),
        (bar(0, open=9_000), Reason.OPEN_OUTSIDE),
        (bar(0, open=20_000), Reason.PART_SPLIT),
        (bar(0, price=11_000, high=10_500, low=9_500), Reason.CLOSE_OUTSIDE),
        (bar(0, low=900), Reason.RANGE_SPIKE),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_name(row: Row, reason: Reason) -> None:
    assert reasons_of([row]) == [reason]


@pytest.mark.parametrize("record", [ROW, LINE, COUNT, CLOCK, SPLIT])
def test_no_field_hides_behind_an_attribute_of_numpy(record: np.dtype[np.record]) -> None:
    """Such a field reads as something else where the rules run without the compiler."""
    assert set(record.names or ()) & set(dir(np.record)) == set()


@pytest.mark.parametrize("row", [trade(), quote(), quote(bid=0), quote(ask=0), bar(0), bar(0, open=0)])
def test_what_can_be_is_accepted(row: Row) -> None:
    assert reasons_of([row]) == [0]


def test_a_locked_quote_is_a_quote() -> None:
    assert reasons_of([quote(bid=10_000, ask=10_000)]) == [0]


def test_a_bad_print_is_refused_and_the_next_good_one_is_not() -> None:
    rows = [*CALM, trade(41, 13_000), trade(42, 10_002), trade(43, 5_000), trade(44, 10_001)]

    assert reasons_of(rows)[-4:] == [Reason.TRADE_SPIKE, 0, Reason.TRADE_SPIKE, 0]


def test_a_real_jump_is_let_through_once_its_level_is_confirmed() -> None:
    jump = [trade(41 + i, 13_000 + i) for i in range(8)]

    assert reasons_of([*CALM, *jump])[-8:] == [Reason.TRADE_SPIKE] * 4 + [0] * 4
    assert notes_of([*CALM, *jump])["NEW_LEVEL"] == 1


def test_spikes_at_different_levels_confirm_nothing() -> None:
    rows = [trade(41 + i, 13_000 + 2_000 * i) for i in range(8)]

    assert set(reasons_of([*CALM, *rows])[-8:]) == {Reason.TRADE_SPIKE}


def test_a_wild_market_has_a_wide_band() -> None:
    wild = [trade(i, 10_000 + (i % 5) * 100) for i in range(40)]

    assert reasons_of([*wild, trade(41, 10_900)])[-1] == 0
    assert reasons_of([*CALM, trade(41, 10_900)])[-1] == Reason.TRADE_SPIKE


def test_a_venue_may_reopen_at_another_price() -> None:
    overnight = 17 * 3_600

    assert reasons_of([*CALM, trade(overnight, 12_000)])[-1] == 0
    assert reasons_of([*CALM, trade(overnight, 30_000)])[-1] == Reason.TRADE_SPIKE


def test_quotes_have_a_band_of_their_own() -> None:
    quotes = [quote(i, 9_999 + i % 5, 10_003 + i % 5) for i in range(40)]

    assert reasons_of([*quotes, quote(41, 13_000, 13_004), quote(42)])[-2:] == [Reason.QUOTE_SPIKE, 0]


def test_numbers_seen_before_are_duplicates_and_gaps_are_counted() -> None:
    rows = [trade(i, venue_seq=i + 1) for i in range(100)]
    rows += [trade(100, venue_seq=100), trade(101, venue_seq=105), trade(102, venue_seq=103)]
    checker = QualityChecker(QualityPlan())

    reasons = checker.check(ticks(rows))

    assert reasons[-3:].tolist() == [Reason.DUPLICATE, 0, 0]
    assert checker.findings().count(Reason.SEQUENCE_GAP) == 1
    assert checker.findings().total("missing") == 4 - 1, "one of the four missing came after all"


def test_a_number_too_old_to_be_known_is_refused_until_numbers_have_started_afresh() -> None:
    rows = [trade(i, venue_seq=1_000 + i) for i in range(100)]
    afresh = [trade(100 + i, venue_seq=5 + i) for i in range(8)]

    assert reasons_of([*rows, *afresh])[-8:] == [Reason.OLD_SEQUENCE] * 4 + [0] * 4


def test_numbers_may_start_afresh_on_a_new_day() -> None:
    rows = [trade(i, venue_seq=1_000 + i) for i in range(100)]

    assert reasons_of([*rows, trade(86_400, venue_seq=1), trade(86_401, venue_seq=2)])[-2:] == [0, 0]


def test_lateness_within_the_bound_is_noted_and_beyond_it_refused() -> None:
    plan = QualityPlan(lateness_ns=2 * SECOND_NS)
    rows = [trade(10), trade(9), trade(7.9), trade(11)]

    assert reasons_of(rows, plan) == [0, 0, Reason.TOO_LATE, 0]
    assert notes_of(rows, plan)["LATE"] == 1


def test_a_leap_of_time_waits_for_rows_that_confirm_it() -> None:
    plan = QualityPlan(ahead_ns=DAY_NS)
    leap = [trade(10 * 86_400 + i) for i in range(6)]

    assert reasons_of([trade(0), leap[0], trade(1)], plan) == [0, Reason.FAR_AHEAD, 0]
    assert reasons_of([trade(0), *leap], plan)[1:] == [Reason.FAR_AHEAD] * 4 + [0, 0]


def test_times_outside_the_plan_or_after_their_receipt_are_impossible() -> None:
    plan = QualityPlan(from_ns=NOON_NS, until_ns=NOON_NS + DAY_NS)
    ahead = trade(1, received_ns=NOON_NS - 100 * SECOND_NS)

    assert reasons_of([trade(-1), trade(90_000), ahead, trade(1)], plan) == [Reason.IMPOSSIBLE_TIME] * 3 + [0]


def test_a_tick_outside_its_session_is_refused() -> None:
    checker = QualityChecker(QualityPlan())
    opens = np.array([NOON_NS, NOON_NS + DAY_NS])
    checker.know_sessions({1: Sessions(opens, opens + 3_600 * SECOND_NS)})
    rows = [trade(-1), trade(0), trade(3_599), trade(3_600), trade(86_400), trade(0, instrument=2)]

    found = checker.check(ticks(rows[:5])).tolist()

    assert found == [Reason.OFF_SESSION, 0, 0, Reason.OFF_SESSION, 0]
    assert QualityChecker(QualityPlan()).check(ticks(rows[5:])).tolist() == [0]


def test_only_described_instruments_are_taken_where_the_plan_says_so() -> None:
    known = Instruments([Instrument(instrument=1, symbol="A")])
    checker = QualityChecker(QualityPlan(described_only=1), known)

    assert checker.check(ticks([trade(), trade(instrument=2)])).tolist() == [0, Reason.UNKNOWN_INSTRUMENT]


def test_clocks_that_disagree_are_noted_and_measured() -> None:
    rows = [trade(i, received_ns=NOON_NS + i * SECOND_NS - 1_270_000_000) for i in range(3)]
    rows.append(trade(4, received_ns=NOON_NS + 60 * SECOND_NS))
    checker = QualityChecker(QualityPlan())
    checker.check(ticks(rows))

    assert checker.findings().count(Reason.RECEIVED_EARLY) == 3
    assert checker.findings().count(Reason.RECEIVED_LATE) == 1
    assert checker.findings().lines["lag_least_ns"].tolist() == [-1_270_000_000]


def test_silence_and_repetition_are_noted() -> None:
    plan = QualityPlan(stale_ns=60 * SECOND_NS, frozen_rows=5)
    rows = [*(quote(i) for i in range(8)), quote(100)]

    assert notes_of(rows, plan) == {"FROZEN": 4, "STALE": 1}


def test_a_trade_of_nothing_is_noted() -> None:
    assert notes_of([trade(size=0)]) == {"NO_SIZE": 1}


def test_a_bar_of_a_time_that_was_seen_is_a_duplicate() -> None:
    assert reasons_of([bar(1), bar(2), bar(2, 10_010)], DAILY) == [0, 0, Reason.DUPLICATE]


def test_a_close_that_leaps_is_refused_until_the_next_bar_confirms_it() -> None:
    rows = [bar(1), bar(2, 45_000), bar(3, 46_000), bar(4, 45_500)]

    assert reasons_of(rows, DAILY) == [0, Reason.BAR_SPIKE, 0, 0]


def test_a_split_for_a_day_and_a_split_nobody_applied_are_told_apart() -> None:
    for_a_day = [bar(1), bar(2, 5_000, size=2_000), bar(3, size=999), bar(4)]
    for_ever = [bar(1), *(bar(i, 5_000 + i, size=2_000) for i in range(2, 8))]

    assert notes_of(for_a_day, DAILY) == {"SPLIT_FOR_A_DAY": 1}
    assert notes_of(for_ever, DAILY) == {"UNADJUSTED_SPLIT": 1}


def test_a_crash_on_heavy_trading_is_no_split() -> None:
    crash = [bar(1), *(bar(i, 5_000 + i, size=50_000) for i in range(2, 8))]

    assert notes_of(crash, DAILY) == {}


def test_a_quiet_drop_that_stays_is_a_shift_and_one_that_goes_away_is_doubtful() -> None:
    spin_off = [bar(1), *(bar(i, 6_100 + i, size=1_500) for i in range(2, 8))]
    came_back = [bar(1), bar(2, 13_600), bar(3, size=999), bar(4)]

    assert notes_of(spin_off, DAILY) == {"LEVEL_SHIFT": 1}
    assert notes_of(came_back, DAILY) == {"JUMP_REVERTED": 1}


def test_bars_without_an_open_flat_bars_and_repeated_bars_are_noted() -> None:
    flat = {"open": 10_000, "high": 10_000, "low": 10_000}
    rows = [bar(1, open=0), bar(2, **flat), bar(3, **flat), bar(4), bar(5)]

    assert notes_of(rows, DAILY) == {"MISSING_OPEN": 1, "FLAT_BAR": 2, "REPEATED_BAR": 1}
    assert notes_of([bar(2, **flat)]) == {}, "a flat minute is nothing to speak of"


def test_a_split_that_is_known_is_no_spike() -> None:
    rows = [*CALM, trade(86_400, 1_430), trade(86_401, 1_428)]
    split = actions_block([(1, Happening(NOON_NS + 80_000 * SECOND_NS, Action.SPLIT, 7, 1))])
    told = QualityChecker(QualityPlan())
    told.know_actions(split)

    assert told.check(ticks(rows))[-2:].tolist() == [0, 0]
    assert reasons_of(rows)[-2:] == [Reason.TRADE_SPIKE] * 2


def test_a_split_waits_for_a_row_whose_time_is_believed() -> None:
    rows = [*CALM, trade(90_000 + 86_400 * 9, 1_430), trade(41, 10_001)]
    told = QualityChecker(QualityPlan(ahead_ns=DAY_NS))
    told.know_actions(actions_block([(1, Happening(NOON_NS + 80_000 * SECOND_NS, Action.SPLIT, 7, 1))]))

    assert told.check(ticks(rows))[-2:].tolist() == [Reason.FAR_AHEAD, 0]


def test_a_split_that_is_known_leaves_bars_without_a_note() -> None:
    rows = [bar(i, 10_000) for i in range(3)] + [bar(i, 1_000 + i, size=10_000) for i in range(3, 9)]
    told = QualityChecker(DAILY)
    told.know_actions(actions_block([(1, Happening(NOON_NS + 3 * DAY_NS - 1, Action.SPLIT, 10, 1))]))

    assert not told.check(ticks(rows)).any()
    assert told.findings().count(Reason.UNADJUSTED_SPLIT) == 0
    assert notes_of(rows, DAILY)["UNADJUSTED_SPLIT"] == 1


@settings(max_examples=25)
@given(st.lists(st.integers(0, 3_000), max_size=6).map(sorted), st.integers(0, 50))
def test_what_is_found_does_not_depend_on_how_the_rows_are_cut(cuts: list[int], seed: int) -> None:
    spoiled = plant(numbered(small_tape(ticks=5_000).ticks), 800, seed).ticks.rows(3_000, 6_000)
    plan = QualityPlan(lateness_ns=SECOND_NS, from_ns=DAY_NS, ahead_ns=DAY_NS)
    whole, pieces = QualityChecker(plan), QualityChecker(plan)
    edges = [0, *cuts, len(spoiled)]

    found = [pieces.check(spoiled.rows(start, stop)) for start, stop in pairwise(edges)]

    assert np.concatenate(found).tolist() == whole.check(spoiled).tolist()
    assert pieces.snapshot() == whole.snapshot()


def test_a_restored_checker_goes_on_exactly_alike() -> None:
    spoiled = plant(numbered(small_tape(ticks=6_000).ticks), 500, 3).ticks
    plan = QualityPlan(from_ns=DAY_NS)
    whole, first, second = QualityChecker(plan), QualityChecker(plan), QualityChecker(plan)
    expected = whole.check(spoiled)

    head = first.check(spoiled.rows(0, 5_000))
    second.restore(first.snapshot())
    tail = second.check(spoiled.rows(5_000, len(spoiled)))

    assert np.concatenate([head, tail]).tolist() == expected.tolist()
    assert second.snapshot() == whole.snapshot()


def test_a_snapshot_of_another_plan_is_refused() -> None:
    with pytest.raises(Refused, match="plan"):
        QualityChecker(DAILY).restore(QualityChecker(QualityPlan()).snapshot())


def test_refused_rows_leave_no_trace_in_what_is_judged_later() -> None:
    clean = numbered(small_tape(ticks=6_000).ticks)
    planted = plant(clean, 1_000, 7)
    plan = QualityPlan(from_ns=DAY_NS, lateness_ns=SECOND_NS, ahead_ns=DAY_NS // 2)

    reasons = QualityChecker(plan).check(planted.ticks)

    assert not reasons[planted.kinds == 0].any()


def test_many_instruments_and_days_find_room() -> None:
    rows = [trade(86_400 * day, instrument=name) for day in range(30) for name in range(1, 101)]
    checker = QualityChecker(QualityPlan())

    assert not checker.check(ticks(rows)).any()
    assert len(checker.findings().lines) == 3_000


def test_quarantine_says_what_was_refused_and_why() -> None:
    rows = ticks([trade(), trade(1, -4, venue_seq=9), quote(2, 12, 10)])
    accepted, refused = QualityChecker(QualityPlan()).sift(rows)

    assert len(accepted) == 1
    assert refused["reason"].tolist() == [Reason.NEGATIVE_PRICE, Reason.CROSSED_QUOTE]
    assert refused["price"].tolist() == [-4, 11]
    assert refused["venue_seq"].tolist() == [9, 0]
    assert len(quarantined(rows, np.zeros(3, np.int16))) == 0


class Read(NamedTuple):
    """Rows and marks, as a reader gives them."""

    ticks: Block
    flags: npt.NDArray[np.int16]


def test_what_a_reader_marked_is_refused_or_noted() -> None:
    rows = ticks([trade(), trade(1), trade(2), bar(1, open=0), bar(2, open=0, size=0), quote(bid=0)])
    checker = QualityChecker(DAILY)

    reasons = ReadChecker(checker).check(Read(rows, np.array([0, 4, 1, 4, 4, 8], np.int16)))

    assert reasons.tolist() == [0, Reason.NOT_A_NUMBER, 0, 0, Reason.NOT_A_NUMBER, Reason.BELOW_GRID]
    assert checker.findings().count(Reason.OFF_GRID) == 1
    assert checker.findings().count(Reason.MISSING_OPEN) == 1


def test_only_ticks_are_checked() -> None:
    with pytest.raises(BadInput, match="read ticks"):
        QualityChecker(QualityPlan()).check(BARS.empty(watermark_ns=0))


def test_floats_that_are_no_numbers_are_found_before_they_are_rounded() -> None:
    prices = np.array([1.0, np.nan, np.inf, -np.inf, 2.0])
    sizes = np.array([1.0, 1.0, np.nan, 1.0, np.nan])

    found = float_faults([prices, sizes]).tolist()

    assert found == [0, Reason.NOT_A_NUMBER, Reason.INFINITE, Reason.INFINITE, Reason.NOT_A_NUMBER]


def test_prices_between_two_ticks_are_off_the_grid() -> None:
    prices = np.array([10.01, 10.015, 0.1 + 0.2, 1_234_567.89, 5.0049999])

    assert off_grid(prices, 0.01).tolist() == [False, True, False, False, True]
