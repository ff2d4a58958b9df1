"""The prediction behind a decision: as it was served, with shares that add up to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from shared.market import Instrument
from shared.store.postgres import PostgresStore
from shared.streams import VERDICTS
from shared.verdicts import Verdict
from tapeline.cli.outcome import DataMissing
from tests.fixtures.terminal import Terminal
from tests.fixtures.watched_run import RUN, SECOND_NS, lived, promised

ORDER_ID = 0x0123456789ABCDEF
CLOSE_NS = 40 * SECOND_NS


@pytest.fixture
def store(terminal: Terminal) -> Iterator[PostgresStore]:
    made = PostgresStore(terminal.db, terminal.data)
    row = promised(terminal.data, made)
    lived(made, terminal.data, row, closes=60)
    made.save_instruments(RUN, [Instrument(instrument=i, symbol=f"S{i}") for i in range(1, 5)])
    for instrument, model, order_id in ((1, row.model, ORDER_ID), (2, 0, 0), (3, 99, 0)):
        told = {name: [0] for name in VERDICTS.names}
        told |= {
            "event_time_ns": [CLOSE_NS], "instrument": [instrument], "verdict": [int(Verdict.ENTERED)],
            "side": [1], "order_id": [order_id], "model": [model],
        }  # fmt: skip
        made.copy_rows(RUN, VERDICTS.block(told, watermark_ns=CLOSE_NS))
    yield made
    made.close()


def test_the_shares_of_an_orders_prediction_add_up_to_what_was_served(
    terminal: Terminal, store: PostgresStore
) -> None:
    (story,) = terminal.json("why", f"{ORDER_ID:016x}", "--run", RUN, "--top", "3")
    said = story["prediction"]
    rows = store.read_rows(RUN, "predictions")
    mine = np.flatnonzero((rows["event_time_ns"] == CLOSE_NS) & (rows["instrument"] == 1))
    assert [said["sell"], said["hold"], said["buy"]] == rows["probabilities"][mine[0]].tolist()
    assert (said["model"], said["of"], said["horizon_s"]) == ("toy@1", "buy", 1.0)
    assert len(said["shares"]) == 3
    whole = said["base"] + sum(share["share"] for share in said["shares"]) + said["rest"]
    assert whole == pytest.approx(said["buy"], abs=1e-12) == pytest.approx(said["probability"])
    vectors = store.read_rows(RUN, "features")
    values = dict(zip("abcdef", vectors["values"][mine[0]].tolist(), strict=True))
    assert all(values[share["feature"]] == share["value"] for share in said["shares"])


def test_people_read_the_same_by_symbol(terminal: Terminal, store: PostgresStore) -> None:
    shown = terminal.types("why", "S1", "--run", RUN).stdout
    assert "toy@1, 1 s ahead: sell" in shown
    assert "before any feature" in shown and "1 other features" in shown and "in all" in shown


def test_a_decision_without_a_prediction_has_none_and_one_that_is_gone_is_said(
    terminal: Terminal, store: PostgresStore
) -> None:
    assert terminal.json("why", "S2", "--run", RUN)[0]["prediction"] is None
    assert "has let this prediction go" in terminal.json("why", "S3", "--run", RUN)[0]["prediction"]["note"]
    missing = terminal.types("why", "f" * 16, "--run", RUN)
    assert isinstance(missing.exception, DataMissing)
