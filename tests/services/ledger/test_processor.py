"""Laws of the books, whatever is traded and however the log is cut."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ledger.processor import LedgerProcessor
from shared.block import Block
from shared.failures import BadInput
from shared.money import Overflow
from shared.stream import Stream
from shared.streams import FILLS, TICKS
from shared.tables import BALANCES, LEDGER_TABLES, POSITIONS, POSTINGS
from tests.fixtures.books import CASH, CLOSE_NS, INSTRUMENTS, Deal, bars, fills, ledger, logs

Line = tuple[int, ...]


def rows(processor: LedgerProcessor, log: Iterable[Block]) -> dict[str, list[Line]]:
    """Everything that is written, by table."""
    found: dict[str, list[Line]] = defaultdict(list)
    for block in log:
        for out in processor.handle(block):
            found[out.stream.name] += zip(*(out[name].tolist() for name in out.stream.names), strict=True)
    return found


def table(processor: LedgerProcessor, log: Iterable[Block], name: str) -> list[dict[str, int]]:
    stream = next(known for known in LEDGER_TABLES if known.name == name)
    return named(stream, rows(processor, log)[name])


def named(stream: Stream, lines: Iterable[Line]) -> list[dict[str, int]]:
    return [dict(zip(stream.names, line, strict=True)) for line in lines]


def present(stream: Stream, written: dict[str, list[Line]]) -> list[dict[str, int]]:
    """A table that holds the present: the last row of each key."""
    key = operator.itemgetter(*(name for name in stream.order))
    return sorted({key(row): row for row in named(stream, written[stream.name])}.values(), key=key)


def one_row_each(log: Iterable[Block]) -> Iterator[Block]:
    """The same log, cut as fine as it goes."""
    for block in log:
        for at in range(len(block)):
            last = at == len(block) - 1
            yield block.rows(at, at + 1).until(
                block.watermark_ns if last else int(block["event_time_ns"][at]) - 1
            )


def deals(log: Iterable[Block]) -> Iterator[dict[str, int]]:
    for block in log:
        if block.stream is FILLS:
            for row in zip(*(block[name].tolist() for name in FILLS.names), strict=True):
                yield dict(zip(FILLS.names, row, strict=True))


@given(logs())
@settings(max_examples=25)
def test_the_postings_of_an_entry_add_up_to_nothing(log: list[Block]) -> None:
    sums: dict[tuple[int, int], int] = defaultdict(int)

    for row in table(ledger(), log, "postings"):
        sums[row["exec_id"], row["currency"]] += row["amount_micro"]

    assert not any(sums.values())


@given(logs())
@settings(max_examples=25)
def test_a_position_is_the_sum_of_its_signed_fills(log: list[Block]) -> None:
    processor = ledger()
    wanted: dict[tuple[int, int], int] = defaultdict(int)
    for deal in deals(log):
        wanted[deal["strategy"], deal["instrument"]] += deal["side"] * deal["quantity"]

    rows(processor, log)

    assert {(p.strategy, p.instrument): p.lots for p in processor.positions()} == wanted


@given(logs())
@settings(max_examples=25)
def test_cash_is_what_was_there_less_what_was_paid(log: list[Block]) -> None:
    processor = ledger()
    wanted = {0: CASH}
    for deal in deals(log):
        value = INSTRUMENTS[deal["instrument"]].value(deal["price"], deal["side"] * deal["quantity"])
        wanted[deal["currency"]] = wanted.get(deal["currency"], 0) - value - deal["fee"]

    rows(processor, log)

    assert {line.currency: line.amount for line in processor.cash()} == wanted


@given(logs())
@settings(max_examples=25)
def test_balances_are_the_sums_of_their_postings_and_add_up_to_nothing(log: list[Block]) -> None:
    processor, sums = ledger(), defaultdict[tuple[int, int], int](int)
    written = rows(processor, log)
    for row in named(POSTINGS, written["postings"]):
        sums[row["currency"], row["ledger_account"]] += row["amount_micro"]

    balances = {(r["currency"], r["ledger_account"]): r["amount_micro"] for r in present(BALANCES, written)}

    assert {key: amount for key, amount in balances.items() if amount} == {k: v for k, v in sums.items() if v}
    assert sum(balances.values()) == 0


@given(logs())
@settings(max_examples=25)
def test_nav_is_capital_and_profit_less_fees(log: list[Block]) -> None:
    for row in table(ledger(), log, "nav"):
        capital = CASH if (row["currency"], row["strategy"]) == (0, 0) else 0
        unrealised = row["value_micro"] - row["cost_micro"]
        assert row["nav_micro"] == row["cash_micro"] + row["value_micro"]
        assert row["nav_micro"] == capital + row["realised_micro"] + unrealised - row["fees_micro"]
        assert abs(row["value_micro"]) <= row["gross_micro"]


@given(logs())
@settings(max_examples=25)
def test_rows_do_not_depend_on_how_the_log_is_cut(log: list[Block]) -> None:
    whole, fine = ledger(), ledger()

    wanted, found = rows(whole, log), rows(fine, one_row_each(log))

    assert sorted(found["postings"]) == sorted(wanted["postings"])
    assert found["nav"] == wanted["nav"]
    for table_of in (POSITIONS, BALANCES):
        assert present(table_of, found) == present(table_of, wanted)
    assert whole.snapshot() == fine.snapshot()


@given(logs(), st.integers(0, 10))
@settings(max_examples=25)
def test_a_restored_twin_goes_on_exactly_alike(log: list[Block], at: int) -> None:
    first, twin = ledger(), ledger()
    rows(first, log[:at])

    twin.restore(first.snapshot())

    assert rows(twin, log[at:]) == rows(first, log[at:])
    assert twin.snapshot() == first.snapshot()


def test_a_position_is_shown_at_its_last_mark() -> None:
    log = [fills([Deal(1, 1, 10, 100)]), bars(CLOSE_NS, {1: 110})]

    shown = table(ledger(), log, "positions")

    assert [(row["price"], row["value_micro"], row["event_time_ns"]) for row in shown] == [
        (100, 10_000_000, 1),
        (110, 11_000_000, CLOSE_NS),
    ]


def test_a_flip_takes_profit_on_what_it_closes_and_opens_the_rest_at_its_price() -> None:
    processor = ledger()

    rows(processor, [fills([Deal(1, 1, 10, 100), Deal(2, 1, -15, 120)])])

    (position,) = processor.positions()
    assert (position.lots, position.cost, position.realised) == (-5, -6_000_000, 2_000_000)


def test_a_flat_position_costs_exactly_nothing() -> None:
    processor = ledger()

    rows(processor, [fills([Deal(1, 2, 3, 7), Deal(2, 2, 4, 11), Deal(3, 2, -1, 9), Deal(4, 2, -6, 8)])])

    (position,) = processor.positions()
    assert (position.lots, position.cost) == (0, 0)


def test_the_account_opens_with_the_first_thing_that_happens() -> None:
    posted = table(ledger(), [bars(CLOSE_NS, {1: 100}), bars(2 * CLOSE_NS, {1: 100})], "postings")

    assert {(row["ledger_account"], row["amount_micro"]) for row in posted} == {(1, CASH), (5, -CASH)}
    assert len(posted) == 2


def test_an_instrument_without_a_bar_keeps_its_last_mark() -> None:
    log = [fills([Deal(1, 1, 10, 100)]), bars(CLOSE_NS, {1: 110}), bars(2 * CLOSE_NS, {2: 5})]

    values = table(ledger(), log, "nav")

    assert [row["value_micro"] for row in values] == [11_000_000, 11_000_000]
    assert [row["event_time_ns"] for row in values] == [CLOSE_NS, 2 * CLOSE_NS]


def test_a_close_is_valued_only_when_its_bars_are_complete() -> None:
    processor = ledger()

    early = table(processor, [bars(CLOSE_NS, {1: 100}, watermark_ns=CLOSE_NS - 1)], "nav")
    late = table(processor, [bars(CLOSE_NS, {2: 100})], "nav")

    assert (len(early), len(late)) == (0, 1)


@pytest.mark.parametrize(
    "log",
    [
        pytest.param([fills([Deal(1, 1, 1, 1)], account=7)], id="another account"),
        pytest.param(
            [fills([Deal(1, 1, 1, 1)]), fills([Deal(2, 1, 1, 1)])], id="an execution that came twice"
        ),
        pytest.param([TICKS.empty(watermark_ns=1)], id="another stream"),
        pytest.param([bars(CLOSE_NS, {1: 1}), bars(CLOSE_NS, {2: 1})], id="bars after their close"),
    ],
)
def test_a_bad_block_is_refused(log: list[Block]) -> None:
    with pytest.raises(BadInput):
        rows(ledger(), log)


def test_a_bad_block_changes_nothing() -> None:
    processor = ledger()
    rows(processor, [fills([Deal(1, 1, 1, 1)])])
    before = processor.snapshot()

    with pytest.raises(BadInput):
        rows(processor, [fills([Deal(2, 1, 5, 9), Deal(3, 1, 1, 1)], first=0)])

    assert processor.snapshot() == before


def test_money_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Overflow):
        rows(ledger(), [fills([Deal(1, 1, 10**9, 10**9), Deal(2, 1, 10**9, 10**9)])])


def test_an_order_that_ended_without_trading_moves_no_money() -> None:
    processor, traded = ledger(), fills([Deal(1, 1, 10, 100)])
    empty = dict.fromkeys(("exec_id", "quantity", "price", "fee", "left"), np.zeros(1, np.int64))
    ended = replace(fills([Deal(2, 1, 1, 1)]), columns={**fills([Deal(2, 1, 1, 1)]).columns, **empty})
    before = rows(processor, [traded])
    assert before[POSITIONS.name] and not rows(processor, [ended])
