"""Commands are durable before anyone hears of them, whoever gives them and however often they take turns."""

from __future__ import annotations

from itertools import pairwise

import pytest

from services.api.commands import Command, Commands
from shared.codec import decode
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.open_run(RunRow(run="t", mode="live"))
    return made


def test_two_who_take_turns_never_lose_a_command(store: MemoryStore) -> None:
    gateway, terminal = Commands("t"), Commands("t")
    given = [
        who.give(store, command, 0, "somebody", now)
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
    assert [letter.seq for letter in store.outbox("t", "control", 0, 0)] == [letter.seq for letter in given]
    assert all(after.prev_seq == before.seq for before, after in pairwise(given))
    commands = [int(decode(letter.payload)["command"][0]) for letter in given]
    assert commands == [1, 2, 1, 2, 1]
    assert store.halted("t")
