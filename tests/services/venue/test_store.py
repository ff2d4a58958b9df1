"""The venue's file keeps whole steps, refuses a fenced writer, and outlives its process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from services.venue.store import Durability, VenueStore
from shared.failures import Corrupt, Fenced, Unavailable
from shared.store.contract import Commit, Letter

RUN = "t"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "0.sqlite"


@pytest.fixture
def store(file: Path) -> Iterator[VenueStore]:
    made = VenueStore(file, Durability.PROCESS)
    yield made
    made.close()


def letter(seq: int) -> Letter:
    return Letter(
        stream="reports", partition=0, seq=seq, prev_seq=seq - 1, watermark_ns=seq * 10, payload=b"%d" % seq
    )


def step(epoch: int, seq: int) -> Commit:
    return Commit(
        stage="venue",
        partition=0,
        epoch=epoch,
        seq=seq,
        state=b"state %d" % seq,
        outbox=(letter(seq),),
        journal=b"entry %d" % seq,
    )


def test_a_committed_step_is_there_for_the_next_process(store: VenueStore, file: Path) -> None:
    epoch = store.take_lease(RUN, "venue:0", "a")
    store.commit(RUN, [step(epoch, 1), step(epoch, 2)])
    again = VenueStore(file, Durability.PROCESS)
    row = again.stage(RUN, "venue", 0)
    assert row is not None and (row.seq, row.state) == (2, b"state 2")
    assert list(again.outbox(RUN, "reports", 0, 1)) == [letter(2)]
    assert list(again.journal(RUN, "venue", 0, 0)) == [(1, b"entry 1"), (2, b"entry 2")]
    again.trim_journal(RUN, "venue", 0, below=2)
    assert list(again.journal(RUN, "venue", 0, 0)) == [(2, b"entry 2")]
    again.close()


def test_before_the_first_commit_there_is_no_stage(store: VenueStore) -> None:
    assert store.stage(RUN, "venue", 0) is None


def test_every_lease_has_a_higher_epoch_and_fences_the_one_before(store: VenueStore) -> None:
    first = store.take_lease(RUN, "venue:0", "a")
    second = store.take_lease(RUN, "venue:0", "b")
    assert second == first + 1
    with pytest.raises(Fenced, match="moved on"):
        store.commit(RUN, [step(first, 1)])


def test_a_refused_commit_leaves_nothing_of_itself(store: VenueStore) -> None:
    epoch = store.take_lease(RUN, "venue:0", "a")
    with pytest.raises(Fenced):
        store.commit(RUN, [step(epoch, 1), step(epoch - 1, 2)])
    assert store.stage(RUN, "venue", 0) is None
    assert list(store.outbox(RUN, "reports", 0, 0)) == []


def test_a_file_that_somebody_else_writes_is_busy_and_not_broken(store: VenueStore, file: Path) -> None:
    import sqlite3

    epoch = store.take_lease(RUN, "venue:0", "a")
    store._db.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="busy"):
        store.commit(RUN, [step(epoch, 1)])
    other.execute("ROLLBACK")
    store.commit(RUN, [step(epoch, 1)])
    other.close()


def test_other_bytes_under_a_known_number_are_refused_with_all_of_their_step(store: VenueStore) -> None:
    epoch = store.take_lease(RUN, "venue:0", "a")
    store.commit(RUN, [step(epoch, 1)])
    store.commit(RUN, [msgspec.structs.replace(step(epoch, 2), outbox=(letter(1), letter(2)))])
    other = msgspec.structs.replace(letter(2), payload=b"other")
    with pytest.raises(Corrupt, match="other bytes"):
        store.commit(RUN, [msgspec.structs.replace(step(epoch, 3), outbox=(other,))])
    row = store.stage(RUN, "venue", 0)
    assert row is not None and row.seq == 2


def test_a_full_disk_is_unavailable_and_leaves_the_file_free(store: VenueStore, file: Path) -> None:
    epoch = store.take_lease(RUN, "venue:0", "a")
    store.commit(RUN, [step(epoch, 1)])
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unavailable, match="full"):
        store.commit(RUN, [msgspec.structs.replace(step(epoch, 2), state=b"x" * 100_000)])
    again = VenueStore(file, Durability.PROCESS)
    again.commit(RUN, [step(again.take_lease(RUN, "venue:0", "b"), 2)])
    assert [kept.seq for kept in again.outbox(RUN, "reports", 0, 0)] == [1, 2]
    again.close()


def test_letters_that_nobody_asks_for_again_can_be_forgotten(store: VenueStore) -> None:
    epoch = store.take_lease(RUN, "venue:0", "a")
    store.commit(RUN, [step(epoch, seq) for seq in (1, 2, 3)])
    store.trim_outbox(RUN, "reports", 0, 3)
    assert [kept.seq for kept in store.outbox(RUN, "reports", 0, 0)] == [3]
