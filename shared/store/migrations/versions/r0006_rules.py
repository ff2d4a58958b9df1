"""What the record itself enforces, the one call of a step, and tables as people read them."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COMMIT_STEP = """
CREATE FUNCTION commit_step(
  _run integer, _lease text, _epoch bigint, _stage text, _partition integer, _seq bigint,
  _state bytea, _journal bytea, _cursors reader_cursors[], _outbox outbox[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  _new bigint;
BEGIN
  PERFORM 1 FROM leases WHERE run_id = _run AND name = _lease AND epoch = _epoch FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lease % is no longer at epoch %', _lease, _epoch USING ERRCODE = 'TL001';
  END IF;
  INSERT INTO stages AS s (run_id, stage, partition, seq, state)
  VALUES (_run, _stage, _partition, _seq, _state)
  ON CONFLICT (run_id, stage, partition) DO UPDATE SET
    state = CASE WHEN excluded.seq >= s.seq THEN coalesce(excluded.state, s.state) ELSE s.state END,
    seq = greatest(s.seq, excluded.seq);
  IF _journal IS NOT NULL THEN
    INSERT INTO journal (run_id, stage, partition, seq, payload)
    VALUES (_run, _stage, _partition, _seq, _journal);
  END IF;
  IF _cursors IS NOT NULL THEN
    INSERT INTO reader_cursors SELECT r.* FROM unnest(_cursors) AS r
    ON CONFLICT (run_id, stage, partition, stream, stream_partition)
    DO UPDATE SET seq = excluded.seq, "row" = excluded."row";
  END IF;
  IF _outbox IS NOT NULL THEN
    INSERT INTO outbox SELECT r.* FROM unnest(_outbox) AS r ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS _new = ROW_COUNT;
    IF _new < cardinality(_outbox) AND EXISTS (
      SELECT 1 FROM unnest(_outbox) AS r JOIN outbox AS o USING (run_id, stream, partition, seq)
      WHERE (o.prev_seq, o.watermark_ns, o.payload) IS DISTINCT FROM (r.prev_seq, r.watermark_ns, r.payload)
    ) THEN
      RAISE EXCEPTION 'the outbox of % has other bytes under a known number', _stage USING ERRCODE = 'TL002';
    END IF;
  END IF;
END $$
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME <> 'audit' THEN
    IF current_setting('tapeline.dropping', true) = to_jsonb(OLD) ->> 'run_id' THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'TL003';
END $$
"""

IMMUTABLE = ("intents", "audit")
UNCOMPRESSED = {"stages": "state", "journal": "payload", "outbox": "payload", "snapshots": "state"}
IN_PLACE = ("stages", "journal", "outbox")
"""Tables of steps: bytes that fit a page stay in their row, not in a second table with its own index."""

PRICED = {
    "bars": (("open", "high", "low", "close", "bid", "ask"), ("volume", "signed_volume"), ()),
    "verdicts": (("price",), ("position",), ()),
    "signals": (("price", "stop", "target"), ("quantity",), ()),
    "intents": (("limit_price", "stop_price", "bracket_stop", "bracket_target"), ("quantity",), ()),
    "fills": (("price",), ("quantity", "left"), ("fee",)),
    "positions": (("price",), ("quantity",), ()),
}


def upgrade() -> None:
    """Functions, triggers, storage and views."""
    op.execute(COMMIT_STEP)
    op.execute(REFUSE_CHANGE)
    for table in IMMUTABLE:
        op.execute(
            f"CREATE TRIGGER {table}_never_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table, column in UNCOMPRESSED.items():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
    for table in IN_PLACE:
        op.execute(f"ALTER TABLE {table} SET (toast_tuple_target = 8160)")
    op.execute("ALTER TABLE leases SET (fillfactor = 50)")
    op.execute("ALTER TABLE stages SET (fillfactor = 50)")
    for table, columns in PRICED.items():
        op.execute(_priced(table, *columns))


def downgrade() -> None:
    """Takes them away."""
    for table in PRICED:
        op.execute(f"DROP VIEW {table}_priced")
    for table in IMMUTABLE:
        op.execute(f"DROP TRIGGER {table}_never_change ON {table}")
        op.execute(f"DROP TRIGGER {table}_never_emptied ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
    op.execute(
        "DROP FUNCTION commit_step(integer, text, bigint, text, integer, bigint, bytea, bytea, "
        "reader_cursors[], outbox[])"
    )


def _priced(table: str, prices: tuple[str, ...], lots: tuple[str, ...], micros: tuple[str, ...]) -> str:
    """Decimals beside each row: prices by tick, quantities by lot, money by the million."""
    shown = [
        *(f'(t."{name}" * i.tick) AS {name}_decimal' for name in prices),
        *(f'(t."{name}" * i.lot) AS {name}_decimal' for name in lots),
        *(f'(t."{name}" / 1000000.0::numeric(26, 6))::numeric(26, 6) AS {name}_decimal' for name in micros),
    ]
    return (
        f"CREATE VIEW {table}_priced AS SELECT r.run, i.symbol, "
        "to_timestamp(t.event_time_ns / 1000000000.0) AS event_time, "
        f"t.*, {', '.join(shown)} "
        f"FROM {table} t JOIN runs r USING (run_id) JOIN instruments i USING (run_id, instrument)"
    )
