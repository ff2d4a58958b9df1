"""Commands are durable before anyone hears of them, whoever gives them and however often they take turns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from services.api.commands import By, Command, Commands
from shared.codec import decode
from shared.failures import Refused, Unavailable
from shared.store.contract import Commit, RunRow
from shared.store.memory import MemoryStore
from tests.fixtures.plans import PLAN


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.open_run(RunRow(run="t", mode="live", settings=PLAN.text()))
    return made


def test_two_who_take_turns_never_lose_a_command(store: MemoryStore) -> None:
    gateway, terminal = Commands("t"), Commands("t")
    given = [
        who.give(store, command, By("somebody", now))
        for now, (who, command) in enumerate(
            [
                (gateway, Command.HALT),
                (terminal, Command.RESUME),
                (gateway, Command.HALT),
                (gateway, Command.RESUME),
                (terminal, Command.HALT),
            ],
            1,
        )
    ]
    for account in PLAN.accounts:
        letters = list(store.outbox("t", "control", account, 0))
        assert [letter.watermark_ns for letter in letters] == [one.time_ns for one in given]
        assert all(after.prev_seq == before.seq for before, after in pairwise(letters))
        commands = [int(decode(letter.payload)["command"][0]) for letter in letters]
        assert commands == [1, 2, 1, 2, 1]
    assert store.halted("t")


def test_a_halt_that_cannot_be_told_has_halted_all_the_same(store: MemoryStore) -> None:
    class Away(MemoryStore):
        def commit(self, run: str, commits: Sequence[Commit]) -> None:
            raise Unavailable("down")

    away = Away()
    away.open_run(RunRow(run="t", mode="live", settings=PLAN.text()))
    with pytest.raises(Unavailable):
        Commands("t").give(away, Command.HALT, By("somebody", 1))
    assert away.halted("t")


def test_a_run_that_nobody_opened_cannot_be_commanded(store: MemoryStore) -> None:
    with pytest.raises(Refused, match="not been opened"):
        Commands("nobody").give(store, Command.HALT, By("somebody", 1))
