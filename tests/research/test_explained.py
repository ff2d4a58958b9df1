"""What led to an order is explained once, from the vector that was served, and kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from research.explained import NAMED, explain_orders
from shared.store.contract import RowStore
from shared.store.memory import MemoryStore
from shared.streams import VERDICTS
from shared.verdicts import Verdict
from tests.fixtures.sealed_models import trust_of
from tests.fixtures.watched_run import RUN, SECOND_NS, lived, promised


def decided(store: RowStore, second: int, model: int, order_id: int = 5, instrument: int = 1) -> None:
    row = {name: [0] for name in VERDICTS.names} | {
        "event_time_ns": [second * SECOND_NS], "instrument": [instrument], "side": [-1],
        "verdict": [int(Verdict.ENTERED)], "order_id": [order_id], "model": [model],
    }  # fmt: skip
    store.copy_rows(RUN, VERDICTS.block(row, watermark_ns=second * SECOND_NS))


@pytest.fixture
def lived_in(tmp_path: Path) -> tuple[MemoryStore, int]:
    store = MemoryStore()
    row = promised(tmp_path, store)
    lived(store, tmp_path, row, closes=50)
    return store, row.model


def test_each_order_is_explained_once_and_adds_up(lived_in: tuple[MemoryStore, int], tmp_path: Path) -> None:
    store, model = lived_in
    decided(store, 20, model)
    decided(store, 21, model, order_id=0)
    assert explain_orders(store, RUN, tmp_path, trust_of(tmp_path), 9) == 1
    (row,) = store.explanations(RUN, 0, 10)
    shares = json.loads(row.shares)
    assert (row.of, row.model, row.instrument, row.made_ns) == ("sell", model, 1, 9)
    assert len(shares) == min(NAMED, 6)
    assert row.base + sum(one["share"] for one in shares) + row.rest == pytest.approx(row.probability)
    predictions = store.read_rows(RUN, "predictions")
    mine = (predictions["event_time_ns"] == 20 * SECOND_NS) & (predictions["instrument"] == 1)
    assert row.probability == predictions["probabilities"][mine][0, 0]
    assert explain_orders(store, RUN, tmp_path, trust_of(tmp_path), 10) == 0
    decided(store, 30, model, instrument=2)
    assert explain_orders(store, RUN, tmp_path, trust_of(tmp_path), 11) == 1


def test_a_model_or_a_vector_that_is_gone_explains_nothing(
    lived_in: tuple[MemoryStore, int], tmp_path: Path
) -> None:
    store, model = lived_in
    decided(store, 20, 99)
    decided(store, 21, model, instrument=77)
    assert explain_orders(store, RUN, tmp_path, trust_of(tmp_path), 9) == 0
