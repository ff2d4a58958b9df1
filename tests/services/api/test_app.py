"""Who may do what, and what a client sees when it may not."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from services.api.commands import Commands
from services.api.keys import Scope
from tests.fixtures.books import Deal, fills
from tests.fixtures.gateway import RUN, Bench, bench

OPEN = {"/healthz", "/readyz", "/metrics"}


@pytest.fixture
def desk() -> Bench:
    return bench()


@pytest.fixture
def client(desk: Bench) -> Iterator[TestClient]:
    with TestClient(desk.app) as made:
        yield made


def routes() -> list[tuple[str, str, str]]:
    """Every operation of the OpenAPI document with its scope."""
    document = bench().app.openapi()
    return [
        (method, path, operation.get("x-scope", ""))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Idempotency-Key": "a-test-of-scopes"}


def test_every_route_declares_a_scope() -> None:
    assert all(scope in set(Scope) for _, _, scope in routes())
    assert {path for _, path, scope in routes() if scope == Scope.PUBLIC} == OPEN


@pytest.mark.parametrize(("method", "path", "scope"), [r for r in routes() if r[2] != Scope.PUBLIC])
def test_a_route_wants_a_key_that_holds_its_scope(method: str, path: str, scope: str, desk: Bench) -> None:
    client = TestClient(desk.app)
    path = path.replace("{job}", "none").replace("{model}", "none") + (
        "?topics=none" if path.endswith("/stream") else ""
    )

    without = client.request(method, path)
    wrong = client.request(method, path, headers=bearer("tl_wrong_key"))
    others = [s for s in desk.keys if s not in (scope, Scope.ADMIN)]
    lacking = [client.request(method, path, headers=bearer(desk.keys[s])) for s in others]
    holding = client.request(method, path, headers=bearer(desk.keys[Scope(scope)]))

    assert without.status_code == wrong.status_code == 401
    assert {answer.status_code for answer in lacking} == {403}
    assert holding.status_code in (200, 400, 404)
    for refusal in (without, wrong, *lacking):
        assert refusal.headers["content-type"] == "application/problem+json"
        assert refusal.json()["status"] == refusal.status_code


def test_a_key_may_come_in_either_header(desk: Bench, client: TestClient) -> None:
    answer = client.get("/v1/risk", headers={"X-API-Key": desk.keys[Scope.READ]})

    assert answer.json() == {"halted": False}


def test_a_revoked_or_unknown_key_is_cut_off_after_ten_failures(client: TestClient) -> None:
    answers = [client.get("/v1/risk", headers=bearer("wrong")).status_code for _ in range(11)]

    assert answers == [401] * 10 + [429]


def test_a_list_is_paged_without_losing_or_repeating_a_row(desk: Bench, client: TestClient) -> None:
    desk.store.copy_rows(RUN, fills([Deal(at, 1, 1, 100) for at in range(1, 8)]))
    seen: list[str] = []
    cursor: str | None = ""

    while cursor is not None:
        page = client.get(f"/v1/fills?limit=3&cursor={cursor}", headers=bearer(desk.keys[Scope.READ])).json()
        seen += [item["exec_id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert seen == ["7", "6", "5", "4", "3", "2", "1"]


def test_a_row_is_shown_in_the_units_of_its_client(desk: Bench, client: TestClient) -> None:
    desk.store.copy_rows(RUN, fills([Deal(1_000_000_000, 1, -3, 12_345, fee=1_500_000)]))

    (item,) = client.get("/v1/fills?symbol=ACME", headers=bearer(desk.keys[Scope.READ])).json()["items"]

    assert item["time"] == "1970-01-01T00:00:01.000000000Z"
    assert (item["price"], item["quantity"], item["fee"]) == ("123.45", "3", "1.500000")
    assert (item["side"], item["symbol"], item["currency"]) == ("sell", "ACME", "USD")


def test_the_same_question_is_answered_from_memory_for_a_moment(desk: Bench, client: TestClient) -> None:
    for now_s in (0.0, 0.1, 1.0):
        desk.now_s[0] = now_s
        client.get("/v1/nav", headers=bearer(desk.keys[Scope.READ]))

    assert desk.queries.asked == 2


@pytest.mark.parametrize(
    "query",
    ["fills?colour=red", "fills?limit=0", "fills?cursor=AAAA", "fills?symbol=NONE", "fills?account=x"],
)
def test_a_question_that_means_nothing_is_a_problem(query: str, desk: Bench, client: TestClient) -> None:
    answer = client.get(f"/v1/{query}", headers=bearer(desk.keys[Scope.READ]))

    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_kill_switch_is_thrown_once_for_one_idempotency_key(desk: Bench, client: TestClient) -> None:
    headers = bearer(desk.keys[Scope.KILL])

    first = client.post("/v1/risk/halt", headers=headers, json={"reason": "news"})
    again = client.post("/v1/risk/halt", headers=headers, json={"reason": "news"})
    other = client.post("/v1/risk/halt", headers=headers, json={"reason": "other"})

    assert first.content == again.content
    assert other.status_code == 422
    assert desk.store.halted(RUN)
    assert [row.action for row in desk.store.audit_rows()] == ["risk.halt"]


def test_a_halt_is_told_to_every_account_of_the_run(desk: Bench, client: TestClient) -> None:
    answer = client.post("/v1/risk/halt", headers=bearer(desk.keys[Scope.KILL]), json={"reason": "news"})

    assert answer.json()["halted"] and answer.json()["accounts"] == [0, 1]
    assert desk.store.read_rows(RUN, "control")["account"].tolist() == [0, 1]
    assert client.post(
        "/v1/risk/halt", headers={**bearer(desk.keys[Scope.KILL]), "Idempotency-Key": "one-more-key"},
        json={"account": 1},
    ).status_code == 422  # fmt: skip


def test_an_answer_outlives_the_gateway_for_a_day(desk: Bench) -> None:
    headers = bearer(desk.keys[Scope.KILL])
    answers = []
    for now_s in (0.0, 86_399.0, 86_401.0):
        desk.now_s[0] = now_s
        desk.desk.commands = Commands(RUN)
        answers.append(TestClient(desk.app).post("/v1/risk/halt", headers=headers).json()["time"])

    assert answers[0] == answers[1] < answers[2]


def test_the_same_key_of_another_caller_is_another_key(desk: Bench, client: TestClient) -> None:
    for scope in (Scope.KILL, Scope.ADMIN):
        client.post("/v1/risk/halt", headers=bearer(desk.keys[scope]))

    assert [row.actor for row in desk.store.audit_rows()] == ["kill", "admin"]


def test_a_wrong_key_is_written_down_and_never_the_key_itself(desk: Bench, client: TestClient) -> None:
    client.get("/v1/risk?key=secret", headers=bearer("tl_wrong_key"))

    (row,) = desk.store.audit_rows()
    assert (row.actor, row.action) == ("unknown", "key.unknown")
    assert json.loads(row.detail)["route"] == "GET /v1/risk"
    assert "wrong" not in row.detail and "secret" not in row.detail


def test_a_key_that_lacks_a_scope_is_written_down_by_its_name(desk: Bench, client: TestClient) -> None:
    client.post("/v1/risk/halt", headers=bearer(desk.keys[Scope.READ]))

    (row,) = desk.store.audit_rows()
    assert (row.actor, row.action) == ("read", "key.lacks_scope")
    assert json.loads(row.detail)["route"] == "POST /v1/risk/halt"
    assert not desk.store.halted(RUN)


def test_requests_are_counted_by_their_route_and_never_by_what_was_typed(
    desk: Bench, client: TestClient
) -> None:
    client.get("/v1/jobs/one-job", headers=bearer(desk.keys[Scope.READ]))
    client.get("/v1/nothing/here")

    text = client.get("/metrics").text
    count = "tapeline_request_seconds_count"
    assert f'{count}{{method="GET",route="/v1/jobs/{{job}}",service="api",status="404"}} 1.0' in text
    assert f'{count}{{method="GET",route="none",service="api",status="404"}} 1.0' in text
    assert 'tapeline_subscribers{service="api",topic="signals"} 0.0' in text
    assert "one-job" not in text


def test_trading_resumes_and_every_command_is_numbered(desk: Bench, client: TestClient) -> None:
    headers = bearer(desk.keys[Scope.KILL])

    client.post("/v1/risk/halt", headers={**headers, "Idempotency-Key": "first-one"})
    client.post("/v1/risk/resume", headers={**headers, "Idempotency-Key": "second-one"})

    letters = list(desk.store.outbox(RUN, "control", 0, 0))
    assert not desk.store.halted(RUN)
    assert letters[1].prev_seq == letters[0].seq < letters[1].seq
    assert letters[0].watermark_ns < letters[1].watermark_ns


def test_a_write_without_an_idempotency_key_is_refused(desk: Bench, client: TestClient) -> None:
    answer = client.post("/v1/risk/halt", headers={"X-API-Key": desk.keys[Scope.KILL]})

    assert answer.status_code == 422
    assert not desk.store.halted(RUN)


def test_it_is_ready_only_while_the_record_answers(desk: Bench, client: TestClient) -> None:
    ready = client.get("/readyz").status_code
    desk.queries.is_up = False

    assert (ready, client.get("/readyz").status_code, client.get("/healthz").status_code) == (200, 503, 200)


def test_a_large_body_is_refused_and_headers_protect_browsers(desk: Bench, client: TestClient) -> None:
    answer = client.post("/v1/risk/halt", headers=bearer(desk.keys[Scope.KILL]), content=b" " * 70_000)

    assert answer.status_code == 413
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/healthz").headers["x-frame-options"] == "DENY"
