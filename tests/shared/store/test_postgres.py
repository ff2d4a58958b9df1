"""What only a server can go through: lost connections, dying predecessors, rules in the database itself."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import psycopg
import pytest

from shared.failures import Corrupt, Fenced, Unavailable
from shared.store.postgres import PostgresStore
from shared.store.postgres_snapshots import IN_A_ROW
from shared.store.rows import AuditRow
from shared.streams import ORDERS, VERDICTS
from tests.fixtures.stores import RUN, letter, rows_of, step

BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def cut(url: str, spare: int) -> None:
    """Ends every other session on the database, as a failing server does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
            (spare,),
        )


def until_blocked(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(20_000):
            found = connection.execute(BLOCKED).fetchone()
            if found and found[0]:
                return
    raise AssertionError("nobody waits for a lock")


def commit_until_cut(store: PostgresStore, epoch: int, seq: int) -> int:
    """The number of the step whose outcome is not known."""
    try:
        while True:
            store.commit(RUN, [step(epoch, seq, outbox=(letter(seq),), journal=b"j")])
            seq += 1
    except Unavailable:
        return seq


def test_a_new_lease_waits_for_a_predecessors_commit_in_flight(
    postgres_store: PostgresStore, shared_database: str, tmp_path: Path
) -> None:
    epoch = postgres_store.take_lease(RUN, "risk:0", "old")
    successor = PostgresStore(shared_database, tmp_path)
    seen: list[int] = []

    def succeed() -> None:
        successor.take_lease(RUN, "risk:0", "new")
        row = successor.stage(RUN, "risk", 0)
        seen.append(row.seq if row else 0)

    with psycopg.connect(shared_database) as dying:
        run_id = dying.execute("SELECT run_id FROM runs WHERE run = %s", (RUN,)).fetchone()
        assert run_id is not None
        dying.execute(
            "SELECT commit_step(%s, 'risk:0', %s, 'risk', 0, 41, NULL, NULL, NULL, NULL)", (run_id[0], epoch)
        )
        waiting = threading.Thread(target=succeed)
        waiting.start()
        until_blocked(shared_database)
        assert seen == []
        dying.commit()
    waiting.join()
    successor.close()

    assert seen == [41]
    with pytest.raises(Fenced):
        postgres_store.commit(RUN, [step(epoch, 42)])


def test_a_commit_on_a_cut_connection_is_unavailable_and_the_next_call_reconnects(
    postgres_store: PostgresStore, shared_database: str
) -> None:
    epoch = postgres_store.take_lease(RUN, "risk:0", "me")
    postgres_store.commit(RUN, [step(epoch, 1)])
    cut(shared_database, 0)

    with pytest.raises(Unavailable):
        postgres_store.commit(RUN, [step(epoch, 2)])

    again = postgres_store.take_lease(RUN, "risk:0", "me")
    row = postgres_store.stage(RUN, "risk", 0)
    assert row is not None and row.seq == 1 and again == epoch + 1


def test_a_store_that_was_woken_keeps_and_reads_as_before(postgres_store: PostgresStore) -> None:
    store = postgres_store
    epoch = store.take_lease(RUN, "risk:0", "me")
    store.wake()
    store.wake()
    store.commit(RUN, [step(epoch, 1, outbox=(letter(1),))])
    store.wake()
    assert list(store.outbox(RUN, "orders", 0, 0)) == [letter(1)]
    store.wake()
    with pytest.raises(Fenced):
        store.commit(RUN, [step(epoch + 1, 2)])
    found = store.stage(RUN, "risk", 0)
    assert found is not None and found.seq == 1


def test_a_connection_cut_while_it_wakes_is_a_loss_like_any_other(
    postgres_store: PostgresStore, shared_database: str
) -> None:
    epoch = postgres_store.take_lease(RUN, "risk:0", "me")
    postgres_store.wake()
    cut(shared_database, 0)

    with pytest.raises(Unavailable):
        postgres_store.commit(RUN, [step(epoch, 1)])

    postgres_store.wake()
    postgres_store.commit(RUN, [step(epoch, 1)])
    row = postgres_store.stage(RUN, "risk", 0)
    assert row is not None and row.seq == 1


def test_a_connection_cut_in_the_middle_of_commits_leaves_a_prefix_of_them(
    postgres_store: PostgresStore, shared_database: str
) -> None:
    for round_ in range(10):
        epoch = postgres_store.take_lease(RUN, "risk:0", "me")
        before = postgres_store.stage(RUN, "risk", 0)
        first = before.seq + 1 if before else 1
        cutter = threading.Timer(0.005 * round_, cut, (shared_database, 0))
        cutter.start()
        tried = commit_until_cut(postgres_store, epoch, first)
        cutter.join()

        postgres_store.take_lease(RUN, "risk:0", "me")
        row = postgres_store.stage(RUN, "risk", 0)
        done = row.seq if row else 0
        assert done in (tried - 1, tried)
        assert [found.seq for found in postgres_store.outbox(RUN, "orders", 0, 0)] == list(range(1, done + 1))
        assert len(list(postgres_store.journal(RUN, "risk", 0, 0))) == done


def test_after_a_refused_commit_the_connection_works(postgres_store: PostgresStore) -> None:
    epoch = postgres_store.take_lease(RUN, "risk:0", "me")
    with pytest.raises(Fenced):
        postgres_store.commit(RUN, [step(epoch + 1, 1, rows=(rows_of(VERDICTS, 3),))])

    postgres_store.commit(RUN, [step(epoch, 1, rows=(rows_of(VERDICTS, 3),))])

    assert len(postgres_store.read_rows(RUN, "verdicts")) == 3


@pytest.mark.parametrize(
    "statement", ["UPDATE intents SET quantity = 1", "DELETE FROM intents", "TRUNCATE intents"]
)
def test_an_intent_is_never_changed(
    postgres_store: PostgresStore, shared_database: str, statement: str
) -> None:
    postgres_store.copy_rows(RUN, rows_of(ORDERS, 2))

    with (
        psycopg.connect(shared_database, autocommit=True) as connection,
        pytest.raises(psycopg.DatabaseError, match="never changed"),
    ):
        connection.execute(statement.encode())

    assert len(postgres_store.read_rows(RUN, "orders")) == 2


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"])
def test_the_audit_trail_is_never_changed(
    postgres_store: PostgresStore, shared_database: str, statement: str
) -> None:
    postgres_store.audit(AuditRow(run=RUN, time_ns=1, actor="a", action="halt"))

    with (
        psycopg.connect(shared_database, autocommit=True) as connection,
        pytest.raises(psycopg.DatabaseError, match="never changed"),
    ):
        connection.execute(statement.encode())


def test_the_name_of_a_large_snapshot_is_on_the_disk_before_the_record_knows_of_it(
    postgres_store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    sync = os.fsync

    def told(handle: int) -> None:
        known = postgres_store.snapshot(RUN, "features", 0, 1 << 62)
        synced.append(stat.S_ISDIR(os.fstat(handle).st_mode) and known is None)
        sync(handle)

    monkeypatch.setattr(os, "fsync", told)
    postgres_store.save_snapshot(RUN, "features", 0, 5, b"x" * (IN_A_ROW + 1), 1)
    assert synced == [False, True]


def test_a_large_snapshot_whose_file_changed_is_corrupt(
    postgres_store: PostgresStore, tmp_path: Path
) -> None:
    postgres_store.save_snapshot(RUN, "features", 0, 1, bytes(2_000_000), 2)
    (file,) = tmp_path.rglob("*.snapshot")

    file.write_bytes(b"other")
    with pytest.raises(Corrupt):
        postgres_store.snapshot(RUN, "features", 0, 9)
    file.unlink()
    with pytest.raises(Corrupt):
        postgres_store.snapshot(RUN, "features", 0, 9)


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        PostgresStore(f"postgresql://nobody@/none?host={tmp_path}", tmp_path).runs()
