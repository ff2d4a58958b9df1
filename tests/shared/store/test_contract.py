"""What a store promises: one suite, both twins."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from shared.block import Block
from shared.failures import Corrupt, Fenced, Refused
from shared.market import Instrument
from shared.store.audit import broken
from shared.store.contract import (
    ApiKey,
    AuditRow,
    DeadLetter,
    Job,
    JobState,
    Owner,
    QualityRow,
    RunRow,
    StageCursor,
    Store,
)
from shared.store.order import canonical, latest
from shared.store.tables import KEYS, LATEST, RECORDED
from shared.streams import BARS, ORDER_EVENTS, ORDERS, VERDICTS
from shared.tables import POSITIONS, POSTINGS
from tests.fixtures.stores import RUN, letter, rows_of, step


def lease(store: Store) -> int:
    return store.take_lease(RUN, "risk:0", "me")


def test_a_run_is_opened_once_and_read_back(store: Store) -> None:
    first = store.open_run(RunRow(run="replay", mode="strict", config_hash=7, settings='{"a": 1}'))
    again = store.open_run(RunRow(run="replay", mode="live"))

    assert again == first == store.run("replay")
    assert [row.run for row in store.runs()] == [RUN, "replay"]
    assert store.run("none") is None


def test_the_bus_epoch_moves_once_however_many_saw_it_go(store: Store) -> None:
    assert store.bump_bus_epoch(RUN, 1) == 2
    assert store.bump_bus_epoch(RUN, 1) == 2


def test_a_complete_run_stays_complete(store: Store) -> None:
    store.complete_run(RUN)

    assert store.open_run(RunRow(run=RUN, mode="live")).complete


def test_a_commit_keeps_everything_together(store: Store) -> None:
    verdicts = rows_of(VERDICTS, 20)
    letters = (letter(1), letter(2), letter(1, "verdicts"))
    cursors = (("bars", 3, 9, 0), ("fills", 0, 4, 2))

    store.commit(
        RUN,
        [step(lease(store), 5, state=b"s", cursors=cursors, journal=b"j", outbox=letters, rows=(verdicts,))],
    )

    found = store.stage(RUN, "risk", 0)
    assert found is not None
    assert (found.seq, found.state, found.cursors) == (5, b"s", cursors)
    assert list(store.journal(RUN, "risk", 0, 0)) == [(5, b"j")]
    assert list(store.outbox(RUN, "orders", 0, 0)) == [letter(1), letter(2)]
    assert len(store.read_rows(RUN, "verdicts")) == 20
    assert store.cursors(RUN) == [
        StageCursor("risk", 0, "bars", 3, 9, 0),
        StageCursor("risk", 0, "fills", 0, 4, 2),
    ]


def test_a_commit_is_all_or_nothing(store: Store) -> None:
    epoch = lease(store)
    store.commit(RUN, [step(epoch, 1, outbox=(letter(1),))])
    other_bytes = letter(1, payload=b"other")

    with pytest.raises(Corrupt):
        store.commit(
            RUN,
            [
                step(epoch, 2, state=b"new", journal=b"j", rows=(rows_of(ORDERS, 3),), outbox=(letter(2),)),
                step(epoch, 3, outbox=(other_bytes,)),
            ],
        )

    found = store.stage(RUN, "risk", 0)
    assert found is not None and (found.seq, found.state) == (1, None)
    assert list(store.outbox(RUN, "orders", 0, 0)) == [letter(1)]
    assert not list(store.journal(RUN, "risk", 0, 0))
    assert len(store.read_rows(RUN, "orders")) == 0


def test_a_second_lease_fences_the_first(store: Store) -> None:
    old, new = lease(store), lease(store)

    with pytest.raises(Fenced):
        store.commit(RUN, [step(old, 1, rows=(rows_of(ORDERS, 1),))])

    assert new > old
    assert len(store.read_rows(RUN, "orders")) == 0
    store.commit(RUN, [step(new, 1)])


def test_a_commit_without_a_lease_is_fenced(store: Store) -> None:
    with pytest.raises(Fenced):
        store.commit(RUN, [step(0, 1)])


def test_one_fenced_step_takes_its_neighbours_with_it(store: Store) -> None:
    epoch = lease(store)

    with pytest.raises(Fenced):
        store.commit(RUN, [step(epoch, 1, state=b"s"), step(epoch + 1, 2)])

    assert store.stage(RUN, "risk", 0) is None


def test_a_stage_never_goes_back(store: Store) -> None:
    epoch = lease(store)
    store.commit(RUN, [step(epoch, 9, state=b"nine")])

    store.commit(RUN, [step(epoch, 3, state=b"three")])

    found = store.stage(RUN, "risk", 0)
    assert found is not None and (found.seq, found.state) == (9, b"nine")


def test_a_step_without_state_leaves_the_state(store: Store) -> None:
    epoch = lease(store)
    store.commit(RUN, [step(epoch, 1, state=b"one"), step(epoch, 2)])

    found = store.stage(RUN, "risk", 0)
    assert found is not None and (found.seq, found.state) == (2, b"one")


def test_the_outbox_comes_in_order_above_a_number(store: Store) -> None:
    epoch = lease(store)
    store.commit(RUN, [step(epoch, n, outbox=(letter(n),)) for n in (1, 2, 3)])
    store.commit(RUN, [step(epoch, n, outbox=(letter(n),)) for n in range(4, 1200)])

    assert [found.seq for found in store.outbox(RUN, "orders", 0, 2)] == list(range(3, 1200))
    store.trim_outbox(RUN, "orders", 0, 1190)
    assert [found.seq for found in store.outbox(RUN, "orders", 0, 0)] == list(range(1190, 1200))


def test_a_letter_that_is_known_may_come_again(store: Store) -> None:
    epoch = lease(store)
    store.commit(RUN, [step(epoch, 1, outbox=(letter(1),))])
    store.commit(RUN, [step(epoch, 1, outbox=(letter(1),))])

    assert list(store.outbox(RUN, "orders", 0, 0)) == [letter(1)]


@pytest.mark.parametrize("stream", sorted(KEYS))
def test_rows_with_a_key_are_kept_once(store: Store, stream: str) -> None:
    rows, epoch = rows_of(RECORDED[stream], 7), lease(store)

    store.commit(RUN, [step(epoch, 1, rows=(rows,))])
    store.commit(RUN, [step(epoch, 2, rows=(rows, rows))])

    assert len(store.read_rows(RUN, stream)) == 7


@pytest.mark.parametrize("stream", sorted(RECORDED))
def test_copied_rows_come_back_bit_for_bit(store: Store, stream: str) -> None:
    rows = rows_of(RECORDED[stream], 40)

    store.copy_rows(RUN, rows)

    same(store, rows)


@pytest.mark.parametrize("stream", sorted(RECORDED))
def test_committed_rows_come_back_bit_for_bit(store: Store, stream: str) -> None:
    rows = rows_of(RECORDED[stream], 40)

    store.commit(RUN, [step(lease(store), 1, rows=(rows,))])

    same(store, rows)


def same(store: Store, rows: Block) -> None:
    found, wanted = store.read_rows(RUN, rows.stream.name), canonical(rows)
    assert found.watermark_ns == wanted.watermark_ns
    for name in rows.stream.names:
        assert found[name].dtype == wanted[name].dtype
        assert found[name].tobytes() == wanted[name].tobytes(), name


def test_numbers_that_are_not_numbers_survive(store: Store) -> None:
    rows = rows_of(VERDICTS, 3)
    odd = np.array([np.nan, np.inf, -0.0])
    rows = VERDICTS.block({**rows.columns, "measured": odd}, watermark_ns=3)

    store.copy_rows(RUN, rows)

    assert store.read_rows(RUN, "verdicts")["measured"].tobytes() == odd.tobytes()


def test_rows_of_no_stream_and_blocks_without_rows_do_nothing(store: Store) -> None:
    store.copy_rows(RUN, BARS.empty(watermark_ns=1))
    store.commit(RUN, [step(lease(store), 1, rows=(BARS.empty(watermark_ns=1),))])

    assert len(store.read_rows(RUN, "bars")) == 0
    with pytest.raises(ValueError, match="not recorded"):
        store.read_rows(RUN, "no_such_stream")


def test_bulk_rows_of_two_blocks_are_one_table(store: Store) -> None:
    store.copy_rows(RUN, rows_of(BARS, 5, seed=2))
    store.copy_rows(RUN, rows_of(BARS, 5, seed=1))

    found = store.read_rows(RUN, "bars")["event_time_ns"]
    assert len(found) == 10 and (np.diff(found) > 0).all()


@pytest.mark.parametrize("amount", [-(1 << 63), (1 << 63) - 1, -1, 0, 1, 999_999, 1_000_000, -10_000_000_000])
def test_money_is_exact_to_the_last_unit(store: Store, amount: int) -> None:
    rows = rows_of(POSTINGS, 1)
    rows = POSTINGS.block({**rows.columns, "amount_micro": np.array([amount])}, watermark_ns=1)

    store.copy_rows(RUN, rows)

    assert store.read_rows(RUN, "postings")["amount_micro"].tolist() == [amount]


def test_a_position_is_the_latest_one(store: Store) -> None:
    first = rows_of(POSITIONS, 3)
    later = POSITIONS.block(
        {**first.columns, "event_time_ns": first["event_time_ns"] + 9, "quantity": np.array([1, 2, 3])},
        watermark_ns=9,
    )

    store.copy_rows(RUN, later)
    store.copy_rows(RUN, first)

    assert sorted(store.read_rows(RUN, "positions")["quantity"].tolist()) == [1, 2, 3]


def test_an_order_stands_where_its_last_event_left_it(store: Store) -> None:
    one = rows_of(ORDER_EVENTS, 1)
    events = ORDER_EVENTS.block(
        {
            **{name: np.repeat(one[name], 4) for name in ORDER_EVENTS.names},
            "event_time_ns": np.array([10, 10, 11, 12]),
            "status": np.array([1, 2, 3, 5]),
            "filled": np.array([0, 0, 0, 8]),
        },
        watermark_ns=12,
    )
    epoch = lease(store)

    store.commit(RUN, [step(epoch, 1, rows=(events,))])
    store.commit(RUN, [step(epoch, 2, rows=(events.rows(0, 2),))])

    found = store.read_rows(RUN, "order_states")
    assert (found["status"].tolist(), found["filled"].tolist()) == ([5], [8])
    assert len(store.read_rows(RUN, "order_events")) == 4


def test_the_owner_of_an_order_is_known_by_its_intent(store: Store) -> None:
    rows = rows_of(ORDERS, 3)
    store.copy_rows(RUN, rows)

    wanted = [int(rows[name][1]) for name in ("account", "book", "strategy", "tag", "currency")]
    assert store.owner_of(RUN, int(rows["order_id"][1])) == Owner(*wanted)
    assert store.owner_of(RUN, 12345) is None


def test_runs_do_not_see_one_another_and_a_dropped_one_is_gone(store: Store) -> None:
    store.open_run(RunRow(run="replay", mode="strict"))
    for run in (RUN, "replay"):
        epoch = store.take_lease(run, "risk:0", "me")
        store.commit(run, [step(epoch, 1, journal=b"j", outbox=(letter(1),), rows=(rows_of(ORDERS, 3),))])
        store.save_instruments(run, [Instrument(instrument=1, symbol=run)])

    store.drop_run("replay")

    assert store.run("replay") is None and store.stage("replay", "risk", 0) is None
    assert len(store.read_rows("replay", "orders")) == 0 and store.instruments("replay") == []
    assert len(store.read_rows(RUN, "orders")) == 3
    with pytest.raises(LookupError):
        store.take_lease("replay", "risk:0", "me")


def test_a_snapshot_is_taken_behind_newer_ones_and_never_replaces_one(store: Store) -> None:
    for seq, state in ((7, b"7"), (8, b"8"), (9, b"9"), (9, b"again"), (2, b"2"), (4, b"4"), (6, b"6")):
        store.save_snapshot(RUN, "features", 2, seq, state, 2)

    assert store.snapshot(RUN, "features", 2, 99) == (9, b"9")
    assert [store.snapshot(RUN, "features", 2, up_to) for up_to in (6, 5, 3)] == [(6, b"6"), (4, b"4"), None]


@pytest.mark.parametrize("size", [1, 2_000_000])
def test_the_newest_snapshots_are_kept(store: Store, size: int) -> None:
    for seq in range(1, 6):
        store.save_snapshot(RUN, "features", 0, seq, bytes([seq]) * size, 2)

    assert store.snapshot(RUN, "features", 0, 5) == (5, b"\5" * size)
    assert store.snapshot(RUN, "features", 0, 4) == (4, b"\4" * size)
    assert store.snapshot(RUN, "features", 0, 3) is None


def test_a_dead_letter_is_kept_once_with_its_bytes(store: Store) -> None:
    dead = DeadLetter(stage="risk", stream="fills", partition=0, seq=4, error="bad", payload=b"\0\xff")

    first, again = store.dead_letter(RUN, dead), store.dead_letter(RUN, dead)
    store.dead_letter_done(first)

    (found,) = store.dead_letters(RUN)
    assert first == again == found.id
    assert (found.payload, found.error, found.done) == (b"\0\xff", "bad", True)


def test_an_instrument_never_changes_its_meaning(store: Store) -> None:
    terms = Instrument(instrument=3, symbol="ABC", sector="Energy")
    store.save_instruments(RUN, [terms])
    store.save_instruments(RUN, [terms])

    with pytest.raises(Refused):
        store.save_instruments(
            RUN, [Instrument(instrument=2, symbol="X"), Instrument(instrument=3, symbol="Y")]
        )

    assert store.instruments(RUN) == [terms]


def test_an_unknown_run_is_halted_and_the_switch_is_kept(store: Store) -> None:
    assert store.halted("nobody")
    assert not store.halted(RUN)
    store.halt_trading(RUN)
    store.open_run(RunRow(run=RUN, mode="live"))
    assert store.halted(RUN)
    store.allow_trading(RUN)
    assert not store.halted(RUN)
    assert store.open_run(RunRow(run="careful", mode="live", halted=True)).halted and store.halted("careful")


def test_a_job_is_claimed_by_one_worker(store: Store) -> None:
    store.add_job(Job(job="b", kind="train", created_ns=2))
    store.add_job(Job(job="a", kind="scan", created_ns=1, arguments='{"n": 1}'))
    assert store.add_job(Job(job="a", kind="other")).kind == "scan"

    first, second = store.claim_job("w1", 5), store.claim_job("w2", 6)

    assert first is not None and (first.job, first.worker, first.state) == ("a", "w1", JobState.RUNNING)
    assert second is not None and second.job == "b"
    assert store.claim_job("w3", 7) is None
    store.update_job(Job(job="a", kind="scan", created_ns=1, state=JobState.DONE, progress=1.0, result="{}"))
    assert [(job.job, job.state) for job in store.jobs()] == [("b", JobState.RUNNING), ("a", JobState.DONE)]


def test_the_audit_trail_is_a_chain(store: Store) -> None:
    for action in ("halt", "resume", "halt"):
        store.audit(AuditRow(run=RUN, time_ns=1, actor="key:ops", action=action))

    rows = store.audit_rows()
    assert [row.entry for row in rows] == [1, 2, 3] and broken(rows) is None


def test_keys_are_kept_as_digests(store: Store) -> None:
    store.save_api_key(ApiKey(name="ops", digest=b"d", scopes=("read", "kill")))
    store.save_api_key(ApiKey(name="ops", digest=b"d", scopes=("read",), revoked=True))

    assert store.api_keys() == [ApiKey(name="ops", digest=b"d", scopes=("read",), revoked=True)]


def test_quality_is_kept_by_source_symbol_and_day(store: Store) -> None:
    first = QualityRow(
        source="feed", symbol="B", day="2026-01-05", rows=10, accepted=9, refused=1, noted=2, missing=3,
        complete=9 / 13, reasons='{"DUPLICATE":1}',
    )  # fmt: skip
    other = msgspec.structs.replace(first, source="file", symbol="A")
    better = msgspec.structs.replace(first, accepted=10, refused=0, complete=10 / 13, reasons="{}")

    store.save_quality([first, other])
    store.save_quality([better])
    store.save_quality([])

    assert store.quality("feed") == [better]
    assert store.quality("") == [better, other]
    assert store.quality("nobody") == []


def test_latest_keeps_one_row_a_key() -> None:
    for stream in LATEST:
        rows = rows_of(RECORDED[stream], 5)
        assert len(latest(rows.take(np.array([0, 1, 1, 2, 0])))) == 3
