"""Questions to the record, as rows of names and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import dict_row

from tapeline.cli.outcome import DataMissing, Unreachable

Row = dict[str, Any]

PATIENCE_S: Final = 5
ORDERS: Final = """
SELECT i.event_time_ns, i.account, s.symbol, i.order_id, i.action, i.side, i.kind,
       i.quantity * s.lot AS quantity,
       nullif(i.limit_price, 0) * s.tick AS limit_price, nullif(i.bracket_stop, 0) * s.tick AS stop,
       nullif(i.bracket_target, 0) * s.tick AS target, o.status, o.filled * s.lot AS filled
FROM runs r JOIN intents i USING (run_id) JOIN instruments s USING (run_id, instrument)
LEFT JOIN orders o ON o.run_id = i.run_id AND o.order_id = i.order_id AND o.leg = 0
WHERE r.run = %(run)s AND (%(symbol)s::text IS NULL OR s.symbol = %(symbol)s)
ORDER BY i.event_time_ns DESC, i.order_id LIMIT %(limit)s
"""
POSITIONS: Final = """
SELECT p.account, s.symbol, p.quantity * s.lot AS quantity, p.price * s.tick AS price, p.value,
       p.value - p.cost AS gain, p.realised, p.fees
FROM runs r JOIN positions p USING (run_id) JOIN instruments s USING (run_id, instrument)
WHERE r.run = %(run)s AND p.quantity <> 0 ORDER BY p.account, s.symbol
"""
MONEY: Final = """
SELECT n.account, n.tag, n.nav, n.realised, n.fees,
  (SELECT count(*) FROM intents i WHERE i.run_id = n.run_id AND i.account = n.account) AS orders,
  (SELECT count(*) FROM fills f
   WHERE f.run_id = n.run_id AND f.account = n.account AND f.quantity > 0) AS fills
FROM runs r JOIN nav n USING (run_id)
WHERE r.run = %(run)s AND n.event_time_ns = (
  SELECT max(m.event_time_ns) FROM nav m WHERE m.run_id = n.run_id AND m.account = n.account)
ORDER BY n.account
"""
VERDICTS: Final = """
SELECT v.event_time_ns, v.account, v.tag, v.instrument, s.symbol,
       v.verdict, v.side, v.probability, v.threshold,
       nullif(v.price, 0) * s.tick AS price, v.position * s.lot AS position,
       nullif(v.order_id, 0) AS order_id, v.model, v.measured, v."limit"
FROM runs r JOIN verdicts v USING (run_id) JOIN instruments s USING (run_id, instrument)
WHERE r.run = %(run)s AND (%(symbol)s::text IS NULL OR s.symbol = %(symbol)s)
  AND (%(order_id)s::bigint IS NULL OR v.order_id = %(order_id)s)
  AND (%(until)s::bigint IS NULL OR v.event_time_ns <= %(until)s)
  AND (%(account)s::int IS NULL OR v.account = %(account)s)
ORDER BY v.event_time_ns DESC, v.account LIMIT %(limit)s
"""
PREDICTION_OF: Final = """
SELECT p.horizon_ns, p.flags, p.probabilities, (
  SELECT f.values FROM features f WHERE f.run_id = p.run_id
    AND f.event_time_ns = p.event_time_ns AND f.instrument = p.instrument LIMIT 1) AS values
FROM runs r JOIN predictions p USING (run_id)
WHERE r.run = %(run)s AND p.event_time_ns = %(event_time_ns)s AND p.instrument = %(instrument)s
  AND p.model = %(model)s LIMIT 1
"""
FILLS_OF: Final = """
SELECT f.event_time_ns, f.leg, f.side, f.quantity * s.lot AS quantity, f.price * s.tick AS price,
       f.fee / 1000000.0 AS fee
FROM runs r JOIN fills f USING (run_id) JOIN instruments s USING (run_id, instrument)
WHERE r.run = %(run)s AND f.order_id = %(order_id)s ORDER BY f.event_time_ns, f.leg
"""


def ask(db: str, run: str, question: LiteralString, **terms: object) -> list[Row]:
    """The answer; a run that nobody opened and a record that does not answer are said in one line."""
    try:
        with psycopg.connect(
            db, connect_timeout=PATIENCE_S, autocommit=True, row_factory=dict_row
        ) as connection:
            if connection.execute("SELECT 1 FROM runs WHERE run = %s", (run,)).fetchone() is None:
                raise DataMissing(f"the record has no run {run}; name another with --run")
            return connection.execute(question, terms_of(run, terms)).fetchall()
    except psycopg.errors.UndefinedTable:
        raise DataMissing("the record has no tables yet; `tapeline db upgrade` makes them") from None
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise Unreachable(
            f"the record does not answer ({reason}); see `tapeline status`, or give --db"
        ) from None


def terms_of(run: str, terms: Mapping[str, object]) -> dict[str, object]:
    """What a question may refer to by name."""
    return {"run": run, **terms}
