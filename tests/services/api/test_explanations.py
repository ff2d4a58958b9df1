"""A prediction says why it was made, wherever a client meets it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from fastapi.testclient import TestClient

from services.api.keys import Scope
from shared.block import Block
from shared.store.contract import ExplanationRow
from shared.streams import PREDICTIONS
from tests.fixtures.blocks import block
from tests.fixtures.gateway import RUN, Bench, bench

WHY = ExplanationRow(
    run=RUN, event_time_ns=5, instrument=1, model=7, of="buy", probability=0.4, base=0.3, rest=0.02,
    shares='[{"feature":"a","value":1.5,"share":0.08,"error":0.01}]', made_ns=9,
)  # fmt: skip


@pytest.fixture
def desk() -> Bench:
    return bench()


@pytest.fixture
def client(desk: Bench) -> Iterator[TestClient]:
    with TestClient(desk.app) as made:
        yield made


def headers(desk: Bench) -> dict[str, str]:
    return {"Authorization": f"Bearer {desk.keys[Scope.READ]}"}


def predictions() -> Block:
    return block(
        PREDICTIONS, [5, 6], watermark_ns=6, instrument=[1, 1], model=[7, 7], horizon_ns=[9, 9], flags=[0, 0],
        probabilities=[[0.2, 0.4, 0.4]] * 2,
    )  # fmt: skip


def test_explanations_are_listed_by_symbol_with_shares_that_a_client_can_add(
    desk: Bench, client: TestClient
) -> None:
    desk.store.save_explanations([WHY, msgspec.structs.replace(WHY, instrument=2)])
    (item,) = client.get("/v1/explanations?symbol=ACME", headers=headers(desk)).json()["items"]
    assert (item["symbol"], item["of"], item["model"]) == ("ACME", "buy", "7")
    assert item["base"] + item["shares"][0]["share"] + item["rest"] == pytest.approx(item["probability"])
    assert len(client.get("/v1/explanations?limit=1", headers=headers(desk)).json()["items"]) == 1
    assert client.get("/v1/explanations?symbol=NONE", headers=headers(desk)).status_code == 400


def test_a_prediction_carries_its_explanation_where_one_was_kept_and_is_asked_for(
    desk: Bench, client: TestClient
) -> None:
    desk.store.copy_rows(RUN, predictions())
    desk.store.save_explanations([WHY, msgspec.structs.replace(WHY, event_time_ns=6, model=8)])
    newer, older = client.get("/v1/predictions?explain=true", headers=headers(desk)).json()["items"]
    assert newer["explanation"] is None
    assert older["explanation"] == {
        "of": "buy", "probability": 0.4, "base": 0.3, "rest": 0.02,
        "shares": [{"feature": "a", "value": 1.5, "share": 0.08, "error": 0.01}],
    }  # fmt: skip
    plain = client.get("/v1/predictions", headers=headers(desk)).json()["items"]
    assert all("explanation" not in item for item in plain)
    assert client.get("/v1/predictions?explain=maybe", headers=headers(desk)).status_code == 400
    assert client.get("/v1/bars?explain=true", headers=headers(desk)).status_code == 400
