"""Is it alive, is it ready, what does it count: for machines on this machine, without a key."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
from fastapi import APIRouter, Response

from services.api.counting import counted_text
from services.api.desk import Desk
from services.api.gate import scope_of
from services.api.keys import Scope
from shared.failures import Unavailable
from shared.metrics import Metrics

JSON: Final = "application/json"
PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


def router(desk: Desk, metrics: Metrics) -> APIRouter:
    """The three questions."""
    routes = APIRouter(tags=["health"], default_response_class=Response)

    @routes.get("/healthz", openapi_extra=scope_of(Scope.PUBLIC))
    async def healthz() -> Response:
        """The process answers."""
        return _state(HTTPStatus.OK, "")

    @routes.get("/readyz", openapi_extra=scope_of(Scope.PUBLIC))
    async def readyz() -> Response:
        """The record answers."""
        try:
            await desk.queries.alive()
        except Unavailable:
            return _state(HTTPStatus.SERVICE_UNAVAILABLE, "postgres")
        return _state(HTTPStatus.OK, "")

    @routes.get("/metrics", openapi_extra=scope_of(Scope.PUBLIC))
    async def counted() -> Response:
        """Everything that is counted, as Prometheus reads it."""
        return Response(counted_text(metrics, desk.live), media_type=PROMETHEUS)

    return routes


def _state(status: HTTPStatus, waits_for: str) -> Response:
    body = msgspec.json.encode({"ok": status is HTTPStatus.OK, "waits_for": waits_for})
    return Response(body, status_code=status, media_type=JSON)
