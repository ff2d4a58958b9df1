"""What a desk that runs for years lets go of and gives again, alike in memory and in Postgres."""

from __future__ import annotations

import pytest

from shared.store.contract import Reply, RunRow, Store
from shared.store.tables import RECORDED
from tests.fixtures.stores import RUN, rows_of, step


def test_a_run_keeps_its_name_and_place_when_its_settings_change(store: Store) -> None:
    before = store.run(RUN)
    store.change_settings(RUN, '{"speed": 5}', 9)
    after = store.run(RUN)
    assert before is not None and after is not None
    assert (after.settings, after.config_hash) == ('{"speed": 5}', 9)
    assert (after.bus_epoch, after.mode, after.halted) == (before.bus_epoch, before.mode, before.halted)


def test_old_rows_go_a_few_at_a_time_and_only_where_they_may(store: Store) -> None:
    rows = rows_of(RECORDED["bars"], 10)
    times = rows["event_time_ns"].tolist()
    store.copy_rows(RUN, rows)
    assert [store.forget_rows(RUN, "bars", times[7], most=5) for _ in range(3)] == [5, 2, 0]
    assert store.read_rows(RUN, "bars")["event_time_ns"].tolist() == times[7:]
    assert store.forget_rows("nobody", "bars", times[9], most=5) == 0
    for money in ("fills", "orders", "postings", "audit"):
        with pytest.raises(ValueError, match="for ever"):
            store.forget_rows(RUN, money, times[9], most=5)


def test_old_rows_of_one_run_are_not_those_of_another(store: Store) -> None:
    store.open_run(RunRow(run="other", mode="live"))
    for run in (RUN, "other"):
        store.copy_rows(run, rows_of(RECORDED["predictions"], 3))
    assert store.forget_rows(RUN, "predictions", 1 << 62, most=100) == 3
    assert len(store.read_rows("other", "predictions")) == 3


def test_a_journal_is_trimmed_below_a_number(store: Store) -> None:
    epoch = store.take_lease(RUN, "risk:0", "x")
    for seq in (1, 2, 3):
        store.commit(RUN, [step(epoch, seq, journal=b"%d" % seq)])
    store.trim_journal(RUN, "risk", 0, below=3)
    store.trim_journal(RUN, "risk", 1, below=9)
    assert list(store.journal(RUN, "risk", 0, 0)) == [(3, b"3")]


def test_an_answer_is_kept_once_under_its_key_until_it_is_forgotten(store: Store) -> None:
    first = Reply("ops", "key-1", "m", b"halted", 10)
    assert store.reply("ops", "key-1") is None
    assert store.save_reply(first) == first
    assert store.save_reply(Reply("ops", "key-1", "m", b"another", 11)) == first
    assert store.save_reply(Reply("other", "key-1", "m", b"theirs", 12)).answer == b"theirs"
    store.forget_replies(before_ns=11)
    assert store.reply("ops", "key-1") is None and store.reply("other", "key-1") is not None


def test_the_rows_since_a_time_are_the_later_ones_in_order(store: Store) -> None:
    rows = rows_of(RECORDED["features"], 10)
    store.copy_rows(RUN, rows)
    since_ns = int(rows["event_time_ns"][6])
    found = store.rows_since(RUN, "features", since_ns)
    assert found["event_time_ns"].tolist() == rows["event_time_ns"].tolist()[6:]
    assert found["values"].tolist() == rows["values"].tolist()[6:]
    assert len(store.rows_since(RUN, "features", 1 << 62)) == len(store.rows_since("nobody", "bars", 0)) == 0
