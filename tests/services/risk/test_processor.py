"""What risk decides at a close, told in bars, predictions and fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from services.risk.config import RiskConfig
from services.risk.processor import RiskProcessor
from services.risk.state import RANGES, Trading
from shared.block import Block
from shared.failures import BadInput
from shared.ids import derive
from shared.streams import BARS, CONTROL, FILLS, PREDICTIONS
from shared.verdicts import Verdict
from tests.fixtures.market_day import block, instruments

V = Verdict
NAN = float("nan")
CONFIG = RiskConfig(entry_threshold=0.6, exit_threshold=0.5, stop_ranges=2.0, reward_ratio=1.5)


def bars(close: int, price: int = 10_000, half: int = 10, instrument: int = 1) -> Block:
    return block(
        BARS, 1, close - 1, event_time_ns=close, instrument=instrument, open=price, high=price + half,
        low=price - half, close=price,
    )  # fmt: skip


def chances(close: int, sell: float = 0.1, buy: float = 0.1, flags: int = 0, rows: int = 1) -> Block:
    p = np.array([[sell, 1 - sell - buy, buy]] * rows).reshape(rows, 3)
    return block(
        PREDICTIONS, rows, close, event_time_ns=close, instrument=1, model=7, flags=flags, probabilities=p
    )


def risk(config: RiskConfig = CONFIG, count: int = 1, trading: Trading = Trading.ON) -> RiskProcessor:
    """A book whose ranges are warm: the next close is 15."""
    book = RiskProcessor(config, instruments(count), 0, trading)
    for close in range(1, RANGES + 1):
        decide(book, bars(close), chances(close))
    return book


def decide(book: RiskProcessor, *blocks: Block) -> tuple[Block, Block, Block]:
    """Verdicts, signals and orders of one close."""
    for one in blocks[:-1]:
        assert not list(book.handle(one))
    verdicts, signals, orders = book.handle(blocks[-1])
    return verdicts, signals, orders


def verdict(book: RiskProcessor, *blocks: Block) -> Verdict:
    verdicts, _, orders = decide(book, *blocks)
    assert (len(orders) == 1) == (verdicts["verdict"][0] in (V.ENTERED, V.EXITED))
    return Verdict(int(verdicts["verdict"][0]))


def fill(orders: Block, price: int = 10_000, **columns: Any) -> Block:
    same = {name: orders[name] for name in ("instrument", "order_id", "side", "quantity")}
    given: dict[str, Any] = {"fee": 5, "left": 0, "leg": 0, **same, **columns}
    return block(FILLS, 1, event_time_ns=15, price=price, **given)


def entered(side: int = 1) -> tuple[RiskProcessor, Block]:
    book = risk()
    buy, sell = (0.7, 0.1) if side > 0 else (0.1, 0.7)
    _, _, orders = decide(book, bars(15), chances(15, sell=sell, buy=buy))
    return book, orders


def test_a_likely_side_is_entered_with_stop_and_target() -> None:
    _, orders = entered()
    found = {
        name: int(orders[name][0])
        for name in ("side", "quantity", "bracket_stop", "bracket_target", "closes")
    }
    assert found == {"side": 1, "quantity": 2000, "bracket_stop": 9960, "bracket_target": 10_060, "closes": 0}
    assert orders["order_id"][0] == derive(CONFIG.hash, 0, 0, 0, 1, 15, 0)


def test_long_and_short_are_mirror_images() -> None:
    long, short = entered(1)[1], entered(-1)[1]
    assert long["quantity"][0] == short["quantity"][0]
    assert long["bracket_stop"][0] - 10_000 == 10_000 - short["bracket_stop"][0]
    assert long["bracket_target"][0] - 10_000 == 10_000 - short["bracket_target"][0]


@pytest.mark.parametrize(
    ("blocks", "wanted"),
    [
        ((bars(15), chances(15, buy=0.5)), V.BELOW_THRESHOLD),
        ((bars(15), chances(15, buy=0.45, sell=0.45)), V.BELOW_THRESHOLD),
        ((bars(15), chances(15, rows=0)), V.NO_PREDICTION),
        ((bars(15), chances(15, buy=0.9, flags=4)), V.NO_PREDICTION),
        ((bars(15), chances(15, buy=0.9, flags=1)), V.NOT_WARM),
        ((bars(15), chances(15, buy=0.9, flags=2)), V.OUTLIER),
        ((bars(15), chances(15, buy=NAN)), V.BAD_NUMBER),
        ((bars(15), chances(15, buy=float("inf"))), V.BAD_NUMBER),
        ((bars(15), chances(15, buy=1.5)), V.BAD_NUMBER),
        ((bars(15, price=0), chances(15, buy=0.9)), V.BAD_NUMBER),
        ((chances(15, buy=0.9),), V.STALE_DATA),
    ],
)
def test_a_check_that_cannot_be_made_or_fails_refuses(blocks: tuple[Block, ...], wanted: Verdict) -> None:
    assert verdict(risk(), *blocks) == wanted


def test_too_few_bars_for_a_range_is_not_warm() -> None:
    assert verdict(RiskProcessor(CONFIG, instruments(1), 0), bars(1), chances(1, buy=0.9)) == V.NOT_WARM


def test_no_range_is_no_stop() -> None:
    book = RiskProcessor(CONFIG, instruments(1), 0)
    for close in range(1, 15):
        decide(book, bars(close, half=0), chances(close))
    assert verdict(book, bars(15, half=0), chances(15, buy=0.9)) == V.NO_RANGE


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ({"risk_per_trade": 1e-9}, V.SIZE_IS_ZERO),
        ({"max_position": 5e-5, "risk_per_trade": 4e-5}, V.POSITION_LIMIT),
        ({"max_order_notional": "50"}, V.ORDER_NOTIONAL_LIMIT),
        ({"max_gross": 5e-5, "max_position": 5e-5, "risk_per_trade": 4e-5}, V.POSITION_LIMIT),
    ],
)
def test_no_order_without_room(limits: dict[str, Any], wanted: Verdict) -> None:
    config = msgspec.convert(msgspec.to_builtins(CONFIG) | limits, RiskConfig)
    assert verdict(risk(config), bars(15), chances(15, buy=0.9)) == wanted


def test_gross_leaves_no_room_for_a_second_instrument() -> None:
    config = RiskConfig(entry_threshold=0.6, max_gross=0.2, max_position=0.2)
    book = RiskProcessor(config, instruments(2), 0)
    two: dict[str, Any] = {
        "event_time_ns": 1,
        "instrument": [1, 2],
        "high": 10_010,
        "low": 9_990,
        "close": 10_000,
    }
    p: dict[str, Any] = {"instrument": [1, 2], "probabilities": [[0.1, 0.2, 0.7]] * 2}
    for close in range(1, 15):
        two["event_time_ns"] = close
        rows = decide(
            book, block(BARS, 2, close - 1, **two), block(PREDICTIONS, 2, close, event_time_ns=close, **p)
        )
    assert rows[0]["verdict"].tolist() == [V.ENTERED, V.GROSS_LIMIT]


def test_a_position_is_what_fills_say_and_one_order_works_at_a_time() -> None:
    book, orders = entered()
    assert verdict(book, bars(16), chances(16, buy=0.9)) == V.ORDER_WORKING
    assert (
        verdict(book, fill(orders, quantity=500, left=1500), bars(17), chances(17, sell=0.9))
        == V.ORDER_WORKING
    )
    assert verdict(book, fill(orders, quantity=1500), bars(18), chances(18, buy=0.9)) == V.HELD
    verdicts, _, exits = decide(book, bars(19), chances(19, sell=0.5))
    assert (verdicts["verdict"][0], verdicts["position"][0]) == (V.EXITED, 2000)
    assert (exits["closes"][0], exits["side"][0], exits["quantity"][0]) == (orders["order_id"][0], -1, 2000)
    assert verdict(book, bars(20), chances(20, sell=0.9)) == V.ORDER_WORKING
    assert verdict(book, fill(exits), bars(21), chances(21)) == V.BELOW_THRESHOLD


def test_a_stop_at_the_venue_leaves_the_book_flat() -> None:
    book, orders = entered()
    list(book.handle(fill(orders)))
    list(book.handle(fill(orders, side=-1, leg=1, price=9_960)))
    holding = book.desk.holdings[0]
    assert (holding["position"], holding["entry_id"], holding["average_entry"]) == (0, 0, 0.0)
    assert book.desk.book["cash"][0] == 10**12 - 2000 * 40 * 10_000 - 10


def test_money_is_conserved_to_the_last_unit() -> None:
    book, orders = entered()
    rng = np.random.default_rng(3)
    cash = 10**12
    for _ in range(200):
        side, quantity, price, fee = (
            int(rng.choice([-1, 1])),
            int(rng.integers(1, 99)),
            int(rng.integers(1, 20_000)),
            7,
        )
        list(book.handle(fill(orders, price, side=side, quantity=quantity, fee=fee)))
        cash -= side * quantity * price * 10_000 + fee
    assert book.desk.book["cash"][0] == cash


def test_cash_that_does_not_fit_is_unknown_and_refuses() -> None:
    book, orders = entered()
    list(book.handle(fill(orders, price=1 << 45, quantity=1 << 30)))
    list(book.handle(fill(orders, price=1 << 45, quantity=1 << 30, side=-1)))
    assert verdict(book, bars(16), chances(16, buy=0.9)) == V.OVERFLOW


def test_a_book_that_has_lost_its_equity_stops() -> None:
    book, orders = entered()
    list(book.handle(fill(orders, price=20_000, quantity=6_000)))
    list(book.handle(fill(orders, price=10_000, quantity=6_000, side=-1)))
    assert verdict(book, bars(16), chances(16, buy=0.9)) == V.CASH_LIMIT


@pytest.mark.parametrize("trading", [Trading.HALTED, Trading.UNKNOWN])
def test_halted_or_unknown_does_not_trade(trading: Trading) -> None:
    assert verdict(risk(trading=trading), bars(15), chances(15, buy=0.9)) == V.HALTED


@pytest.mark.parametrize(("command", "after"), [(1, V.HALTED), (3, V.HALTED), (99, V.HALTED), (4, V.ENTERED)])
def test_a_command_that_cannot_be_obeyed_halts(command: int, after: Verdict) -> None:
    book = risk()
    list(book.handle(block(CONTROL, 1, event_time_ns=14, command=command)))
    assert verdict(book, bars(15), chances(15, buy=0.9)) == after
    list(book.handle(block(CONTROL, 1, event_time_ns=15, command=2)))
    assert book.trading == Trading.ON


def test_a_halt_in_the_record_holds_over_a_snapshot_that_still_traded() -> None:
    halted = risk(trading=Trading.HALTED)
    halted.restore(risk().snapshot())
    assert verdict(halted, bars(15), chances(15, buy=0.9)) == V.HALTED
    allowed = risk()
    allowed.restore(halted.snapshot())
    assert allowed.trading == Trading.ON


def test_a_commanded_halt_is_part_of_the_snapshot() -> None:
    book, twin = risk(), risk()
    list(book.handle(block(CONTROL, 1, event_time_ns=14, command=1)))
    twin.restore(book.snapshot())
    assert verdict(twin, bars(15), chances(15, buy=0.9)) == V.HALTED


def test_every_instrument_gets_one_verdict_at_every_close() -> None:
    verdicts, _, _ = decide(risk(count=3), bars(15), chances(15))
    assert verdicts["instrument"].tolist() == [1, 2, 3]
    assert verdicts["verdict"].tolist() == [V.BELOW_THRESHOLD, V.STALE_DATA, V.STALE_DATA]


def test_a_close_without_rows_is_only_time() -> None:
    verdicts, signals, orders = decide(risk(), chances(20, rows=0))
    assert [(len(b), b.watermark_ns) for b in (verdicts, signals, orders)] == [(0, 20)] * 3


@pytest.mark.parametrize(
    "bad", [bars(14), fill(entered()[1], instrument=9), block(FILLS, 1, account=4, instrument=1)]
)
def test_a_bad_block_changes_nothing(bad: Block) -> None:
    book = risk()
    before = book.snapshot()
    with pytest.raises(BadInput):
        list(book.handle(bad))
    assert book.snapshot() == before


def test_another_configuration_cannot_take_the_snapshot() -> None:
    with pytest.raises(BadInput, match="limits"):
        risk(RiskConfig()).restore(risk().snapshot())


def test_closes_from_before_the_run_warm_the_ranges_and_decide_nothing() -> None:
    book = RiskProcessor(CONFIG, instruments(1), 0)
    for close in range(1, RANGES + 1):
        book.learn(bars(close))
    next_close = RANGES + 1
    assert not next(iter(book.handle(block(PREDICTIONS, 0, RANGES))))
    assert verdict(book, bars(next_close), chances(next_close, buy=0.7)) is V.ENTERED


def ended(orders: Block) -> Block:
    """The order ends, and what was left of it will never fill."""
    return fill(orders, price=0, quantity=0, fee=0)


def test_an_entry_that_ends_without_a_fill_frees_its_instrument() -> None:
    book, orders = entered()
    assert verdict(book, bars(16), chances(16, buy=0.9)) == V.ORDER_WORKING
    assert verdict(book, ended(orders), bars(17), chances(17, buy=0.9)) == V.ENTERED


def test_an_entry_that_ends_after_some_of_it_filled_can_be_left() -> None:
    book, orders = entered()
    part = fill(orders, quantity=500, left=1500)
    assert verdict(book, part, bars(16), chances(16, sell=0.9)) == V.ORDER_WORKING
    verdicts, _, exits = decide(book, ended(orders), bars(17), chances(17, sell=0.9))
    assert (verdicts["verdict"][0], exits["quantity"][0]) == (V.EXITED, 500)


def test_an_exit_that_ends_without_a_fill_is_asked_for_again() -> None:
    book, orders = entered()
    exits = decide(book, fill(orders), bars(16), chances(16, sell=0.9))[2]
    again = decide(book, ended(exits), bars(17), chances(17, sell=0.9))[2]
    assert again["quantity"][0] == exits["quantity"][0] == 2000
    assert again["order_id"][0] != exits["order_id"][0]


def test_the_end_of_another_order_changes_nothing() -> None:
    book, orders = entered()
    stranger = fill(orders, order_id=orders["order_id"] + 1, price=0, quantity=0, fee=0)
    assert verdict(book, stranger, bars(16), chances(16, buy=0.9)) == V.ORDER_WORKING


def test_an_entry_whose_target_cannot_be_paid_is_refused() -> None:
    rich = RiskConfig(
        entry_threshold=0.6,
        starting_cash=Decimal(10**12),
        max_order_notional=Decimal(10**12),
        reward_ratio=100_000.0,
    )
    assert verdict(risk(rich), bars(15), chances(15, buy=0.7)) == V.OVERFLOW


def test_an_entry_whose_target_is_no_price_that_can_rest_is_refused() -> None:
    far = msgspec.structs.replace(CONFIG, reward_ratio=float(1 << 46))
    high = 1 << 61
    book = RiskProcessor(far, instruments(1), 0)
    for close in range(1, RANGES + 1):
        decide(book, bars(close, price=high), chances(close))
    assert verdict(book, bars(15, price=high), chances(15, buy=0.7)) == V.NO_RANGE
