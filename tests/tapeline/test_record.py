from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from shared.store.upgrade import upgrade
from tapeline.cli.outcome import DataMissing, Unreachable
from tapeline.desk.trading import TradingReader
from tapeline.record import FILLS_OF, ORDERS, POSITIONS, VERDICTS, ask
from tapeline.servers.cluster import prepared
from tapeline.servers.postgres import Postgres
from tapeline.servers.sockets import make_socket_folder, remove_socket_folder, socket_folder

T = 1_767_614_405_000_000_000


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A record with one order, its fill, its verdict and what it left behind."""
    data = tmp_path_factory.mktemp("record")
    sockets = socket_folder(data, {})
    make_socket_folder(sockets)
    server = Postgres(prepared(data, os.environ), sockets, data)
    server.start()
    try:
        upgrade(server.url)
        with psycopg.connect(server.url) as connection:
            _fill(connection)
        yield server.url
    finally:
        server.stop()
        remove_socket_folder(sockets)


def _fill(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    given: dict[str, dict[str, object]] = {
        "runs": {"run": "desk", "mode": "live", "config_hash": 1},
        "instruments": {"instrument": 1, "symbol": "BADX", "tick": Decimal("0.01"), "lot": 10},
        "intents": {"order_id": 255, "quantity": 5, "side": 1, "kind": 1, "action": 1, "bracket_stop": 1200},
        "orders": {"order_id": 255, "status": 5, "filled": 5},
        "fills": {"order_id": 255, "side": 1, "quantity": 5, "price": 1250, "fee": 500_000},
        "verdicts": {
            "verdict": 1,
            "side": 1,
            "probability": 0.6,
            "threshold": 0.5,
            "price": 1250,
            "order_id": 255,
        },
        "signals": {"signal_id": 3, "side": 1, "probability": 0.6},
        "positions": {"quantity": 5, "price": 1300, "value": Decimal(650), "cost": Decimal(625)},
        "nav": {"nav": Decimal("1000024.5"), "value": 650, "cost": 625, "fees": Decimal("0.5")},
    }
    for table, values in given.items():
        _insert(connection, table, values)


def _insert(connection: psycopg.Connection[tuple[object, ...]], table: str, given: dict[str, object]) -> None:
    """One row; what is not given is empty."""
    question = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
    columns = connection.execute(question + " AND is_identity = 'NO'", (table,)).fetchall()
    empty: dict[str, object] = {str(name): "" if kind == "text" else 0 for name, kind in columns}
    empty |= {str(name): False for name, kind in columns if kind == "boolean"}
    known = {"run_id": 1, "event_time_ns": T, "instrument": 1, "valid_until_ns": 2**62}
    row = {name: value for name, value in (empty | known | given).items() if name in empty}
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})".encode(), list(row.values()))


def test_an_order_is_told_in_units_of_the_market(db: str) -> None:
    (order,) = ask(db, "desk", ORDERS, symbol=None, limit=5)
    assert (order["symbol"], order["quantity"], order["stop"], order["filled"]) == (
        "BADX",
        50,
        Decimal("12.00"),
        50,
    )
    assert order["limit_price"] is None


def test_orders_of_another_symbol_are_not_shown(db: str) -> None:
    assert ask(db, "desk", ORDERS, symbol="NONE", limit=5) == []


def test_a_position_is_worth_its_mark(db: str) -> None:
    (position,) = ask(db, "desk", POSITIONS)
    assert (position["quantity"], position["price"], position["gain"]) == (50, Decimal("13.00"), 25)


def test_a_verdict_is_found_by_symbol_and_time(db: str) -> None:
    terms = {"symbol": "BADX", "order_id": None, "account": None, "limit": 3}
    (verdict,) = ask(db, "desk", VERDICTS, until=T, **terms)
    assert (verdict["verdict"], verdict["price"], verdict["order_id"]) == (1, Decimal("12.50"), 255)
    assert ask(db, "desk", VERDICTS, until=T - 1, **terms) == []


def test_a_verdict_is_found_by_its_order(db: str) -> None:
    terms = {"symbol": None, "until": T, "account": None, "limit": 3}
    (verdict,) = ask(db, "desk", VERDICTS, order_id=255, **terms)
    assert (verdict["symbol"], verdict["order_id"]) == ("BADX", 255)
    assert ask(db, "desk", VERDICTS, order_id=256, **terms) == []


def test_the_fills_of_an_order_are_told_with_their_fee(db: str) -> None:
    (fill,) = ask(db, "desk", FILLS_OF, order_id=255)
    assert (fill["quantity"], fill["price"], fill["fee"]) == (50, Decimal("12.50"), Decimal("0.5"))


def test_the_board_is_fed_from_the_same_record(db: str) -> None:
    reader = TradingReader(db, "desk")
    trading = reader.read()
    reader.close()
    assert trading is not None
    (account,) = trading.accounts
    assert (account.nav, account.gain, account.orders, account.fills, account.positions) == (
        Decimal("1000024.5"), Decimal("24.5"), 1, 1, 1,
    )  # fmt: skip
    assert trading.positions[0].symbol == trading.signals[0].symbol == "BADX"
    assert trading.market_time_ns == T


def test_a_run_that_nobody_opened_is_said_in_one_line(db: str) -> None:
    with pytest.raises(DataMissing, match="no run other"):
        ask(db, "other", POSITIONS)


def test_a_record_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        ask(f"postgresql://nobody@/none?host={tmp_path}", "desk", POSITIONS)
