"""What Postgres knows of a run's accounts, positions and signals, in a few small queries."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from tapeline.desk.figures import AccountLine, PositionLine, SignalLine, Trading

PATIENCE_MS: Final = 500
LAST_NAV: Final = """
SELECT DISTINCT ON (account) account, event_time_ns, nav_micro AS nav,
       (SELECT first.nav_micro FROM nav first WHERE first.run = nav.run AND first.account = nav.account
        ORDER BY first.event_time_ns LIMIT 1) AS opened,
       (SELECT count(*) FROM intents WHERE intents.run = nav.run AND intents.account = nav.account) AS orders,
       (SELECT count(*) FROM fills WHERE fills.run = nav.run AND fills.account = nav.account) AS fills,
       (SELECT count(*) FROM positions WHERE positions.run = nav.run AND positions.account = nav.account
        AND positions.quantity <> 0) AS positions
FROM nav WHERE run = %(run)s ORDER BY account, event_time_ns DESC
"""
POSITIONS: Final = """
SELECT account, symbol, quantity * lot AS quantity, price * tick AS price, value_micro AS value,
       value_micro - cost_micro AS gain
FROM positions JOIN instruments USING (run, instrument)
WHERE run = %(run)s AND quantity <> 0 ORDER BY account, symbol
"""
LAST_SIGNALS: Final = """
SELECT event_time_ns, symbol, side, probability
FROM signals JOIN instruments USING (run, instrument)
WHERE run = %(run)s ORDER BY event_time_ns DESC, instrument LIMIT 6
"""

Row = Mapping[str, Any]


class TradingReader:
    """A connection of the desk's own; while Postgres is away there are simply no news."""

    def __init__(self, db: str, run: str) -> None:
        self._db = db
        self._run = {"run": run}
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def read(self) -> Trading | None:
        """The newest figures, or None if they cannot be had now."""
        try:
            return self._read(self._connected())
        except psycopg.Error:
            self.close()
            return None

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection[dict[str, Any]]:
        if self._connection is None:
            options = f"-c statement_timeout={PATIENCE_MS}"
            self._connection = psycopg.connect(
                self._db, autocommit=True, connect_timeout=2, row_factory=dict_row, options=options
            )
        return self._connection

    def _read(self, connection: psycopg.Connection[dict[str, Any]]) -> Trading:
        accounts = connection.execute(LAST_NAV, self._run).fetchall()
        positions = connection.execute(POSITIONS, self._run).fetchall()
        signals = connection.execute(LAST_SIGNALS, self._run).fetchall()
        return Trading(
            max((row["event_time_ns"] for row in accounts), default=0),
            tuple(_account(row) for row in accounts),
            tuple(_position(row) for row in positions),
            tuple(_signal(row) for row in signals),
        )


def _account(row: Row) -> AccountLine:
    nav, opened = Decimal(row["nav"]), Decimal(row["opened"])
    return AccountLine(row["account"], nav, nav - opened, row["positions"], row["orders"], row["fills"])


def _position(row: Row) -> PositionLine:
    money = (Decimal(row["price"]), Decimal(row["value"]), Decimal(row["gain"]))
    return PositionLine(row["account"], row["symbol"], Decimal(row["quantity"]), *money)


def _signal(row: Row) -> SignalLine:
    return SignalLine(row["event_time_ns"], row["symbol"], row["side"], row["probability"])
