"""Dead letters are listed and shown with what was wrong and where they lay."""

from __future__ import annotations

import pytest

from shared.codec import encode
from shared.store.contract import DeadLetter, RunRow
from shared.store.postgres import PostgresStore
from shared.streams import BARS
from tapeline.cli.outcome import FAILED, DataMissing
from tests.fixtures.blocks import block
from tests.fixtures.terminal import Terminal


@pytest.fixture
def number(terminal: Terminal) -> int:
    store = PostgresStore(terminal.db, terminal.data)
    store.open_run(RunRow(run="desk", mode="live"))
    letter = DeadLetter(
        stage="features", stream="ticks", partition=3, seq=9, error="not a block", payload=b"\x9a\x01"
    )
    made = store.dead_letter("desk", letter)
    store.close()
    return made


def test_the_list_names_stream_number_and_error(terminal: Terminal, number: int) -> None:
    (row,) = terminal.json("dlq", "list", "--run", "desk")
    assert (row["id"], row["stream"], row["partition"], row["seq"]) == (number, "ticks", 3, 9)
    assert row["error"] == "not a block"


def test_one_letter_is_shown_with_its_bytes(terminal: Terminal, number: int) -> None:
    assert terminal.json("dlq", "show", str(number), "--run", "desk")["payload"] == "9a01"


def test_a_letter_that_does_not_exist_is_missing_data(terminal: Terminal, number: int) -> None:
    done = terminal.types("dlq", "show", str(number + 1), "--run", "desk")
    assert isinstance(done.exception, DataMissing)


def test_a_letter_that_still_cannot_be_read_stays_open(terminal: Terminal, number: int) -> None:
    done = terminal.types("dlq", "replay", str(number), "--run", "desk")
    assert done.exit_code == FAILED and "still cannot be read" in done.output
    assert not terminal.json("dlq", "list", "--run", "desk")[0]["done"]


def test_a_letter_that_can_now_be_read_is_recorded_and_done(terminal: Terminal, number: int) -> None:
    store = PostgresStore(terminal.db, terminal.data)
    payload = encode(block(BARS, [5, 6], watermark_ns=9, close=[1, 2]).numbered("desk", 3, 2))
    letter = DeadLetter(stage="ledger", stream="bars", partition=0, seq=3, error="refused", payload=payload)
    made = store.dead_letter("desk", letter)
    assert terminal.json("dlq", "replay", str(made), "--run", "desk") == {"id": made, "done": True, "rows": 2}
    assert store.read_rows("desk", "bars")["close"].tolist() == [1, 2]
    assert [row["done"] for row in terminal.json("dlq", "list", "--run", "desk")] == [False, True]
    store.close()
