"""The fused loop and the processors give the same bytes, whatever the latency, the cuts and the stops."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from research.replay.line import run_line
from research.replay.reference import Cut, pieces, run_reference
from research.replay.tape import Account, Tape, Trades
from services.execution.processor import FillDesk, OrderDesk
from services.risk.config import RiskConfig
from services.risk.processor import RiskProcessor
from services.risk.state import Trading
from services.venue.config import VenueConfig
from services.venue.processor import VenueProcessor
from shared.block import Block
from shared.executed import executed
from shared.orders import TERMINAL, Status, move
from shared.processor import Processor
from shared.time import SECOND_NS
from shared.verdicts import Verdict
from tests.fixtures.market_day import bytes_of, day, instruments

MARKET = instruments(5)
LATENCIES = (1, SECOND_NS // 10, SECOND_NS, 2 * SECOND_NS + 7)


def accounts(latency_ns: int = 1, **risk: float) -> list[Account]:
    venue = VenueConfig(latency_ns=latency_ns, interval_ns=SECOND_NS, participation=Decimal("0.3"))
    limits: dict[str, Any] = {"stop_ranges": 0.7, "exit_threshold": 0.4, "max_gross": 1.0} | risk
    return [Account(k, RiskConfig(entry_threshold=0.4 + 0.1 * k, **limits), venue) for k in range(2)]


def same(tape: Tape, given: list[Account]) -> dict[int, Trades]:
    """The fused rows, after checking them against the processors'."""
    fused, by_hand = run_line(tape, MARKET, given), run_reference(tape, MARKET, given)
    for number, trades in fused.items():
        assert bytes_of(trades) == bytes_of(by_hand[number])
    return fused


@pytest.mark.parametrize("latency_ns", LATENCIES)
@pytest.mark.parametrize("sizes", [0, 40])
def test_the_fused_loop_is_the_processors(latency_ns: int, sizes: int) -> None:
    trades = same(day(latency_ns % 97 + sizes, sizes=sizes), accounts(latency_ns))
    assert len(trades[0].fills) > 0


def test_without_signals_only_verdicts_are_written() -> None:
    trades = same(day(5), quiet())
    assert [len(part) for part in trades[0]][1:] == [0] * 6


def quiet() -> list[Account]:
    return [Account(0, RiskConfig(entry_threshold=1.0), VenueConfig(interval_ns=SECOND_NS))]


def test_a_halted_account_trades_nothing() -> None:
    halted = [Account(0, RiskConfig(), VenueConfig(), Trading.HALTED)]
    trades = same(day(6), halted)
    assert set(trades[0].verdicts["verdict"].tolist()) == {Verdict.HALTED}


def cuts(seed: int) -> Cut:
    rng = np.random.default_rng(seed)
    return lambda block: pieces(block, iter(lambda: int(rng.integers(1, 9)), -1))


@pytest.mark.parametrize("seed", range(3))
def test_rows_do_not_depend_on_how_the_tape_is_cut(seed: int) -> None:
    tape, given = day(seed), accounts(LATENCIES[seed])
    whole, cut = run_reference(tape, MARKET, given), run_reference(tape, MARKET, given, cuts(seed))
    for number in whole:
        assert bytes_of(whole[number]) == bytes_of(cut[number])


class Restarts:
    """Now and then kills a processor and goes on with a twin that took its snapshot."""

    def __init__(self, account: Account) -> None:
        self.account, self.count = account, itertools.count()

    def __call__(self, processor: Processor) -> Processor:
        if next(self.count) % 5:
            return processor
        twin = self.twin(processor)
        twin.restore(processor.snapshot())
        return twin

    def twin(self, processor: Processor) -> Processor:
        account = self.account
        if isinstance(processor, RiskProcessor):
            return RiskProcessor(account.risk, MARKET, account.number, account.trading)
        if isinstance(processor, VenueProcessor):
            return VenueProcessor(account.venue, MARKET, account.number)
        if isinstance(processor, FillDesk):
            return FillDesk(account.number, account.owner_of)
        return OrderDesk(account.number)


def test_a_restored_twin_goes_on_alike_anywhere() -> None:
    tape, account = day(8), accounts(SECOND_NS)[0]
    straight = run_reference(tape, MARKET, [account])
    restarted = run_reference(tape, MARKET, [account], cuts(8), Restarts(account))
    assert bytes_of(straight[0]) == bytes_of(restarted[0])


@pytest.fixture(scope="module")
def busy() -> Trades:
    return run_line(day(11, rows=8000), MARKET, accounts(SECOND_NS // 10))[0]


def test_every_instrument_has_one_verdict_at_every_close(busy: Trades) -> None:
    points = list(
        zip(busy.verdicts["event_time_ns"].tolist(), busy.verdicts["instrument"].tolist(), strict=True)
    )
    closes = np.unique(busy.verdicts["event_time_ns"])
    assert points == [(close, i) for close in closes.tolist() for i in range(1, 6)]


def test_no_path_leaves_a_terminal_state_and_all_orders_end(busy: Trades) -> None:
    state: dict[tuple[int, int], Status] = {}
    events = busy.order_events
    for order, leg, status in zip(*(events[n].tolist() for n in ("order_id", "leg", "status")), strict=True):
        known = state.get((order, leg))
        if known is None:
            assert Status(status) == (Status.INTENDED if leg == 0 else Status.ACCEPTED)
        state[order, leg] = Status(status) if known is None else move(known, Status(status))
    assert state and set(state.values()) <= TERMINAL


def test_what_is_filled_and_what_is_left_add_up(busy: Trades) -> None:
    filled: dict[tuple[int, int], int] = defaultdict(int)
    names = ("order_id", "leg", "status", "quantity", "filled", "left")
    for order, leg, status, quantity, so_far, left in zip(
        *(busy.reports[n].tolist() for n in names), strict=True
    ):
        filled[order, leg] += quantity
        assert so_far == filled[order, leg]
        assert (left == 0) == (Status(status) in TERMINAL)


def test_the_legs_of_a_bracket_never_trade_more_than_the_entry(busy: Trades) -> None:
    held: dict[int, int] = defaultdict(int)
    for order, leg, lots in zip(
        *(busy.fills[n].tolist() for n in ("order_id", "leg", "quantity")), strict=True
    ):
        held[order] += lots if leg == 0 else -lots
        assert held[order] >= 0


def test_reports_are_in_merge_order(busy: Trades) -> None:
    assert bytes_of(busy)["reports.exec_id"] == busy.reports.sorted()["exec_id"].tobytes()
    traded = executed(busy.fills)
    assert len(np.unique(traded["exec_id"])) == len(traded) > 0


def test_orders_keep_to_their_limits(busy: Trades) -> None:
    config = accounts()[0].risk
    prices = dict(zip(busy.signals["signal_id"].tolist(), busy.signals["price"].tolist(), strict=True))
    for signal, lots in zip(busy.orders["signal_id"].tolist(), busy.orders["quantity"].tolist(), strict=True):
        assert lots * prices[signal] * 10_000 <= int(config.max_order_notional * 10**6)


def test_rejected_entries_free_their_instruments_in_both_drivers() -> None:
    tape, (account, _) = day(14), accounts(SECOND_NS // 10)
    small = msgspec.structs.replace(account.venue, most_lots=1)
    trades = same(tape, [replace(account, venue=small)])[0]
    assert set(trades.order_events["status"].tolist()) == {Status.INTENDED, Status.SENT, Status.REJECTED}
    assert len(trades.fills) == len(trades.orders) > 3 * len(MARKET)


def test_end_of_tape_expires_what_still_works() -> None:
    tape = day(12, rows=3000)
    trades = same(tape, accounts(10**15))[0]
    assert set(trades.order_events["status"].tolist()) == {Status.INTENDED, Status.SENT, Status.EXPIRED}
    assert len(trades.fills) > 0 and len(executed(trades.fills)) == 0


def block_times(block: Block) -> list[int]:
    return [int(t) for t in block["event_time_ns"]]


def test_a_fill_exactly_at_the_close_comes_before_the_decision() -> None:
    trades = same(day(13), accounts(SECOND_NS))[0]
    assert set(block_times(trades.fills)) & set(block_times(trades.verdicts))
