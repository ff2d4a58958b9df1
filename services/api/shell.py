"""Around every request: a limit on bodies, and headers that keep browsers out of mischief."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.problems import response

MOST_BODY: Final = 64 * 1024
HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


class _TooLarge(Exception):
    pass


class Shell:
    """An ASGI wrapper without state."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, counted and with its headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, _counted(receive, _announced(scope)), _with_headers(send))
        except _TooLarge:
            refusal = response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {MOST_BODY} bytes")
            await refusal(scope, receive, _with_headers(send))


def _announced(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


def _counted(receive: Receive, announced: int) -> Receive:
    count = 0

    async def counted() -> Message:
        nonlocal count
        if announced > MOST_BODY:
            raise _TooLarge
        message = await receive()
        count += len(message.get("body", b""))
        if count > MOST_BODY:
            raise _TooLarge
        return message

    return counted


def _with_headers(send: Send) -> Send:
    async def decorated(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            added = [header for header in HEADERS if header[0] not in given]
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return decorated
