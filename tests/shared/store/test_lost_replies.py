"""A commit whose reply is lost has happened or not, and the next lease finds out which."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from shared.block import Block
from shared.failures import Unavailable
from shared.store.postgres import PostgresStore
from shared.store.rows import Commit
from shared.stream import Stream
from shared.streams import ORDERS, SIGNALS, VERDICTS
from tests.fixtures.pg_proxy import Loss, PostgresProxy, proxied
from tests.fixtures.stores import RUN, letter, rows_of, step

UNIVERSE = 20


@pytest.fixture
def proxy(postgres_store: PostgresStore, shared_database: str) -> Iterator[PostgresProxy]:
    """A wire to the database in which the run is open."""
    with proxied(shared_database) as made:
        yield made


def told(stream: Stream, count: int, seq: int, **columns: object) -> Block:
    """Rows of one decision."""
    rows = rows_of(stream, count)
    times = np.full(count, seq, np.int64)
    return stream.block({**rows.columns, "event_time_ns": times, **columns}, watermark_ns=seq)


def decision(epoch: int, seq: int) -> Commit:
    """What risk commits: its state, its journal, three letters, a verdict an instrument, an order."""
    letters = tuple(letter(seq, stream, b"%d" % seq) for stream in ("orders", "verdicts", "signals"))
    rows = (
        told(VERDICTS, UNIVERSE, seq, instrument=np.arange(UNIVERSE, dtype=np.int32)),
        told(SIGNALS, 1, seq, signal_id=np.array([seq])),
        told(ORDERS, 1, seq, order_id=np.array([seq])),
    )
    state = (b"state %d " % seq).ljust(5_000, b"x")
    return step(epoch, seq, state=state, journal=b"entry %d." % seq, outbox=letters, rows=rows)


def resumed(store: PostgresStore) -> tuple[int, int]:
    """The way back after any failure: the lease first, then where the stage stands."""
    epoch = store.take_lease(RUN, "risk:0", "me")
    row = store.stage(RUN, "risk", 0)
    return epoch, row.seq if row else 0


@pytest.mark.parametrize("losses", [20, pytest.param(100, marks=pytest.mark.chaos)])
def test_a_lost_reply_loses_no_entry_and_doubles_none(
    proxy: PostgresProxy, postgres_store: PostgresStore, tmp_path: Path, losses: int
) -> None:
    store = PostgresStore(proxy.url, tmp_path)
    epoch, done = resumed(store)
    for round_ in range(losses):
        for _ in range(round_ % 3):
            done += 1
            store.commit(RUN, [decision(epoch, done)])
        proxy.lose(Loss.REPLY, b"entry %d." % (done + 1))
        with pytest.raises(Unavailable):
            store.commit(RUN, [decision(epoch, done + 1)])

        epoch, found = resumed(store)

        assert found == done + 1
        done = found
    store.close()

    assert proxy.lost == [Loss.REPLY] * losses
    everything_once(postgres_store, done)


def test_a_lost_request_is_decided_again(
    proxy: PostgresProxy, postgres_store: PostgresStore, tmp_path: Path
) -> None:
    store = PostgresStore(proxy.url, tmp_path)
    epoch, done = resumed(store)
    for _ in range(10):
        proxy.lose(Loss.REQUEST, b"entry %d." % (done + 1))
        with pytest.raises(Unavailable):
            store.commit(RUN, [decision(epoch, done + 1)])

        epoch, found = resumed(store)

        assert found == done
        store.commit(RUN, [decision(epoch, done + 1)])
        done += 1
    store.close()

    everything_once(postgres_store, done)


def test_a_cut_wire_is_opened_again_by_the_next_call(
    proxy: PostgresProxy, postgres_store: PostgresStore, tmp_path: Path
) -> None:
    store = PostgresStore(proxy.url, tmp_path)
    epoch, _ = resumed(store)
    store.commit(RUN, [decision(epoch, 1)])
    proxy.cut()

    with pytest.raises(Unavailable):
        store.commit(RUN, [decision(epoch, 2)])

    assert resumed(store) == (epoch + 1, 1)
    store.close()


def test_a_wire_that_is_cut_before_its_statements_are_prepared_is_a_loss_like_any_other(
    proxy: PostgresProxy, postgres_store: PostgresStore, tmp_path: Path
) -> None:
    store = PostgresStore(proxy.url, tmp_path)
    epoch, _ = resumed(store)
    store.commit(RUN, [decision(epoch, 1)])
    for _ in range(2):
        proxy.cut()
        with pytest.raises(Unavailable):
            store.commit(RUN, [decision(epoch, 2)])
        epoch, found = resumed(store)
        assert found == 1

    store.commit(RUN, [decision(epoch, 2)])
    store.close()

    everything_once(postgres_store, 2)


def test_a_wire_that_is_cut_while_rows_are_copied_out_is_a_loss_like_any_other(
    proxy: PostgresProxy, postgres_store: PostgresStore, tmp_path: Path
) -> None:
    store = PostgresStore(proxy.url, tmp_path)
    resumed(store)
    proxy.cut()

    with pytest.raises(Unavailable):
        store.read_rows(RUN, "orders")

    assert len(store.read_rows(RUN, "orders")) == 0
    store.close()


def everything_once(store: PostgresStore, count: int) -> None:
    """Each decision left each of its traces once."""
    wanted = list(range(1, count + 1))
    assert list(store.journal(RUN, "risk", 0, 0)) == [(seq, b"entry %d." % seq) for seq in wanted]
    for stream in ("orders", "verdicts", "signals"):
        assert [found.seq for found in store.outbox(RUN, stream, 0, 0)] == wanted
    verdicts = store.read_rows(RUN, "verdicts")
    places = set(zip(verdicts["event_time_ns"].tolist(), verdicts["instrument"].tolist(), strict=True))
    assert len(verdicts) == len(places) == UNIVERSE * count
    assert store.read_rows(RUN, "orders")["order_id"].tolist() == wanted
    assert store.read_rows(RUN, "signals")["signal_id"].tolist() == wanted
