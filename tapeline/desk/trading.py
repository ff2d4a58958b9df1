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
WITH line AS (SELECT run_id FROM runs WHERE run = %(run)s),
last AS (
  SELECT DISTINCT ON (account, book, strategy, tag, currency) nav.*
  FROM nav JOIN line USING (run_id)
  WHERE event_time_ns > (SELECT max(event_time_ns) - 600000000000 FROM nav JOIN line USING (run_id))
  ORDER BY account, book, strategy, tag, currency, event_time_ns DESC)
SELECT account, max(event_time_ns) AS event_time_ns, sum(nav) AS nav,
       sum(realised - fees + value - cost) AS gain,
       (SELECT count(*) FROM positions p JOIN line USING (run_id)
        WHERE p.account = last.account AND quantity <> 0) AS positions,
       (SELECT count(*) FROM intents i JOIN line USING (run_id) WHERE i.account = last.account) AS orders,
       (SELECT count(*) FROM fills f JOIN line USING (run_id) WHERE f.account = last.account) AS fills
FROM last GROUP BY account ORDER BY account
"""
POSITIONS: Final = """
SELECT account, symbol, quantity * lot AS quantity, price * tick AS price, value, value - cost AS gain
FROM runs JOIN positions USING (run_id) JOIN instruments USING (run_id, instrument)
WHERE run = %(run)s AND quantity <> 0 ORDER BY account, symbol
"""
LAST_SIGNALS: Final = """
SELECT event_time_ns AS time_ns, symbol, side, probability
FROM runs JOIN signals USING (run_id) JOIN instruments USING (run_id, instrument)
WHERE run = %(run)s ORDER BY event_time_ns DESC, instrument LIMIT 6
"""

Row = Mapping[str, Any]
Connection = psycopg.Connection[dict[str, Any]]


class TradingReader:
    """A connection of the desk's own; while Postgres is away there are simply no news."""

    def __init__(self, db: str, run: str) -> None:
        self._db = db
        self._run = {"run": run}
        self._connection: Connection | None = None

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

    def _connected(self) -> Connection:
        if self._connection is None:
            options = f"-c statement_timeout={PATIENCE_MS}"
            self._connection = psycopg.connect(
                self._db, autocommit=True, connect_timeout=2, row_factory=dict_row, options=options
            )
        return self._connection

    def _read(self, connection: Connection) -> Trading:
        accounts = connection.execute(LAST_NAV, self._run).fetchall()
        positions = connection.execute(POSITIONS, self._run).fetchall()
        signals = connection.execute(LAST_SIGNALS, self._run).fetchall()
        return Trading(
            max((row["event_time_ns"] for row in accounts), default=0),
            tuple(_account(row) for row in accounts),
            tuple(PositionLine(**row) for row in positions),
            tuple(SignalLine(**row) for row in signals),
        )


def _account(row: Row) -> AccountLine:
    money = (Decimal(row["nav"]), Decimal(row["gain"]))
    return AccountLine(row["account"], *money, row["positions"], row["orders"], row["fills"])
