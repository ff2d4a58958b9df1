"""A stream is counted when its answer begins, not when it ends."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive, Scope, Send

from services.api.counting import Counted
from shared.metrics import Metrics


def counted(scope: Scope) -> str:
    """What is counted of one answer that begins at 2 s and ends at 100 s."""
    metrics, now_s = Metrics("api"), [0.0]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        now_s[0] = 2.0
        await send({"type": "http.response.start", "status": 200, "headers": []})
        now_s[0] = 100.0
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        return None

    asyncio.run(Counted(answer, metrics, lambda: now_s[0])(scope, receive, send))
    return metrics.text().decode()


def test_the_time_until_the_answer_begins_is_counted() -> None:
    text = counted({"type": "http", "method": "GET"})
    assert 'tapeline_request_seconds_sum{method="GET",route="none",service="api",status="200"} 2.0' in text


def test_a_method_that_nobody_knows_is_no_label() -> None:
    assert 'method="none"' in counted({"type": "http", "method": "x" * 500})


def test_what_is_no_request_is_not_counted() -> None:
    assert "request_seconds_count" not in counted({"type": "lifespan"})
