"""Around every request: how long its answer took to begin, by the route as it is declared."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.live import Live
from shared import metrics as m

NO_ROUTE = "none"
"""The label of a path that nobody declared: what a client types is never a label."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Counted:
    """An ASGI wrapper that only looks."""

    def __init__(self, app: ASGIApp, metrics: m.Metrics, clock: Callable[[], float]) -> None:
        self._app, self._metrics, self._clock = app, metrics, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on and notes when its answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"], self._clock() - began)
            await send(message)

        await self._app(scope, receive, noted)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", NO_ROUTE)
        method = scope["method"] if scope["method"] in METHODS else NO_ROUTE
        self._metrics.histogram(m.REQUEST_SECONDS, method, route, status).observe(seconds)


def counted_text(metrics: m.Metrics, live: Live) -> bytes:
    """Everything that is counted, and who listens now."""
    for topic, listeners in live.listeners().items():
        metrics.gauge(m.SUBSCRIBERS, topic).set(listeners)
    return metrics.text()
