"""What Postgres lets go of, what a run may change, and the answers that are given again."""

from __future__ import annotations

from typing import Final

import msgspec

from shared.store.postgres_rows import PostgresRows
from shared.store.rows import Reply
from shared.store.tables import forgettable

REPLY: Final = ", ".join(Reply.__struct_fields__)


class PostgresKeeping(PostgresRows):
    """The topics of a desk that runs for years."""

    def change_settings(self, run: str, settings: str, config_hash: int) -> None:
        """Puts other settings into the run's row; who may change what is decided elsewhere."""
        self._link.rows(
            "UPDATE runs SET settings = %s, config_hash = %s WHERE run_id = %s",
            (settings, config_hash, self._run_id(run)),
        )

    def forget_rows(self, run: str, stream: str, before_ns: int, most: int) -> int:
        """Deletes rows of a busy stream that are older than a moment, at most so many; says how many."""
        table = forgettable(stream)
        found = self._link.rows(
            f"WITH old AS MATERIALIZED (SELECT ctid FROM {table} WHERE run_id = %s AND event_time_ns < %s"
            f" LIMIT %s), gone AS (DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM old))"
            " RETURNING 1) SELECT count(*) FROM gone",
            (self._found_run(run), before_ns, most),
        )
        return int(found[0][0])

    def trim_journal(self, run: str, stage: str, partition: int, below: int) -> None:
        """Deletes journal entries with lower numbers."""
        self._link.rows(
            "DELETE FROM journal WHERE run_id = %s AND stage = %s AND partition = %s AND seq < %s",
            (self._found_run(run), stage, partition, below),
        )

    def reply(self, caller: str, key: str) -> Reply | None:
        """The answer that this caller got under this key."""
        rows = self._link.rows(f"SELECT {REPLY} FROM replies WHERE caller = %s AND key = %s", (caller, key))
        return Reply(*rows[0]) if rows else None

    def save_reply(self, reply: Reply) -> Reply:
        """Keeps an answer unless there is one under its key already; gives the one that is kept."""
        self._link.rows(
            f"INSERT INTO replies ({REPLY}) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            msgspec.structs.astuple(reply),
        )
        return self.reply(reply.caller, reply.key) or reply

    def forget_replies(self, before_ns: int) -> None:
        """Deletes answers that are older than a moment."""
        self._link.rows("DELETE FROM replies WHERE created_ns < %s", (before_ns,))
