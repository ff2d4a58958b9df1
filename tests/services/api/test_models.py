"""The registry through the gateway: who may move a model, and that it happens once."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from fastapi.testclient import TestClient

from services.api.keys import Scope
from shared.codec import decode
from shared.models import registry
from shared.models.registry import By
from shared.store.contract import HealthRow, ModelRow
from tests.fixtures.gateway import RUN, Bench, bench
from tests.fixtures.registry import crown, model_row


@pytest.fixture
def desk() -> Bench:
    return bench()


@pytest.fixture
def client(desk: Bench) -> Iterator[TestClient]:
    with TestClient(desk.app) as made:
        yield made


def registered(desk: Bench, mark: int, verdict: str = "pass") -> ModelRow:
    return registry.register(desk.store, model_row(mark, verdict=verdict), By("ops", 1))


def headers(desk: Bench, scope: Scope, key: str = "first-of-all") -> dict[str, str]:
    return {"Authorization": f"Bearer {desk.keys[scope]}", "Idempotency-Key": key}


def commands(desk: Bench) -> list[tuple[int, int]]:
    letters = [decode(letter.payload) for letter in desk.store.outbox(RUN, "control", 0, 0)]
    return [(int(row["command"][0]), int(row["argument"][0])) for row in letters]


def test_models_are_listed_and_shown_with_their_events(desk: Bench, client: TestClient) -> None:
    row = registered(desk, 1)
    registered(desk, 2, "no edge")
    read = headers(desk, Scope.READ)
    listed = client.get("/v1/models", headers=read).json()["items"]
    assert [(item["name"], item["version"], item["verdict"]) for item in listed] == [
        ("alpha", 1, "pass"),
        ("alpha", 2, "no edge"),
    ]
    one = client.get("/v1/models/alpha@1", headers=read).json()
    assert one == client.get(f"/v1/models/{row.address}", headers=read).json()
    assert (one["model"], one["scores"], one["created"]) == (
        "1",
        {"auc": 0.6},
        "1970-01-01T00:00:00.000000003Z",
    )
    assert [(event["actor"], event["after"]) for event in one["events"]] == [("ops", "candidate")]
    assert client.get("/v1/models/none", headers=read).status_code == 404


def test_a_promotion_happens_once_is_audited_and_reaches_the_run(desk: Bench, client: TestClient) -> None:
    registered(desk, 1)
    sent = [
        client.post(
            "/v1/models/alpha@1/promote", headers=headers(desk, Scope.ADMIN), json={"reason": "first"}
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [200, 200]
    assert sent[0].json() == sent[1].json() and sent[0].json()["stage"] == "active"
    assert commands(desk) == [(4, 1)]
    (audited,) = [row for row in desk.store.audit_rows() if row.action == "models.promote"]
    assert audited.actor == "admin" and '"why":"first"' in audited.detail
    assert desk.store.model_events("")[-1].actor == "admin"
    other = client.post("/v1/models/alpha@1/rollback", headers=headers(desk, Scope.ADMIN))
    assert other.status_code == 422


@pytest.mark.parametrize("verdict", ["no edge", "blocked", "not judged"])
def test_what_the_gate_has_not_passed_is_a_conflict(desk: Bench, client: TestClient, verdict: str) -> None:
    registered(desk, 1, verdict)
    answer = client.post("/v1/models/alpha/promote", headers=headers(desk, Scope.ADMIN))
    assert answer.status_code == 409 and verdict in answer.json()["detail"]
    assert commands(desk) == []


def test_a_rollback_repeated_under_another_key_does_not_come_back(desk: Bench, client: TestClient) -> None:
    first, second = registered(desk, 1), registered(desk, 2)
    crown(desk.store, first.address)
    crown(desk.store, second.address)
    for key in ("one-rollback", "two-rollback"):
        answer = client.post("/v1/models/alpha@2/rollback", headers=headers(desk, Scope.ADMIN, key))
        assert answer.json()["address"] == first.address
    assert commands(desk) == [(4, 1), (4, 1)]


@pytest.mark.parametrize("scope", [Scope.READ, Scope.TRADE, Scope.KILL])
def test_only_an_admin_moves_a_model(desk: Bench, client: TestClient, scope: Scope) -> None:
    registered(desk, 1)
    for verb in ("promote", "rollback"):
        assert client.post(f"/v1/models/alpha/{verb}", headers=headers(desk, scope)).status_code == 403
    assert commands(desk) == []


def test_a_body_that_is_no_reason_is_refused(desk: Bench, client: TestClient) -> None:
    registered(desk, 1)
    answer = client.post("/v1/models/alpha/promote", headers=headers(desk, Scope.ADMIN), json={"force": True})
    assert answer.status_code == 422


def test_the_health_of_a_model_is_that_of_its_last_look(desk: Bench, client: TestClient) -> None:
    row = registered(desk, 1)
    read = headers(desk, Scope.READ)
    unseen = client.get("/v1/models/alpha@1/health", headers=read).json()
    assert (unseen["level"], unseen["measured"], unseen["measures"]) == ("unknown", None, [])
    measure = HealthRow(
        run=RUN, model=row.model, from_ns=0, until_ns=5, kind="feature psi", name="a", value=0.4, low=0.4,
        high=0.4, usual=0.1, level="alarm", rows=9, measured_ns=7,
    )  # fmt: skip
    calm = msgspec.structs.replace(measure, name="b", value=0.0, level="calm")
    desk.store.save_health([measure, calm])
    seen = client.get("/v1/models/alpha@1/health", headers=read).json()
    assert (seen["level"], seen["rows"], seen["until"]) == ("alarm", 9, "1970-01-01T00:00:00.000000005Z")
    assert [(one["name"], one["level"]) for one in seen["measures"]] == [("a", "alarm"), ("b", "calm")]
    assert client.get("/v1/models/none/health", headers=read).status_code == 404
