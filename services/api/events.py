"""Server-sent events: live blocks as JSON, with ids that a client can come back with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from services.api.desk import Desk
from services.api.gate import scope_of
from services.api.keys import Scope
from services.api.live import Event, TooSlow
from services.api.problems import Problem
from shared.engine.bus import Key

MEDIA_TYPE: Final = "text/event-stream"
HEARTBEAT: Final = b": still here\n\n"
TOO_SLOW: Final = b"event: too_slow\ndata: {}\n\n"
RETRY: Final = b"retry: 1000\n\n"


def router(desk: Desk) -> APIRouter:
    """The one live route."""
    routes = APIRouter(prefix="/v1")

    @routes.get(
        "/stream",
        tags=["stream"],
        response_class=StreamingResponse,
        responses={200: {"description": "events", "content": {MEDIA_TYPE: {"example": EXAMPLE}}}},
        openapi_extra=scope_of(Scope.READ),
    )
    async def stream(
        topics: Annotated[str, Query(description="comma-separated, such as signals,fills")] = "signals,fills",
        last_event_id: Annotated[str, Header(max_length=1_024)] = "",
    ) -> StreamingResponse:
        """Blocks of these topics as they happen; `Last-Event-ID` first brings what was missed."""
        names = list(dict.fromkeys(topics.split(",")))
        unknown = [name for name in names if name not in desk.live.topics]
        if unknown:
            known = ", ".join(desk.live.topics)
            raise Problem(HTTPStatus.BAD_REQUEST, f"there is no topic {unknown[0][:40]!r}; known are {known}")
        return StreamingResponse(lines(desk, names, seen(last_event_id)), media_type=MEDIA_TYPE)

    return routes


async def lines(desk: Desk, topics: list[str], last: Mapping[Key, int]) -> AsyncIterator[bytes]:
    """The text of the stream."""
    place = dict(last)
    yield RETRY
    try:
        async with aclosing(desk.live.subscribe(topics, last)) as events:
            async for event in events:
                if event is None:
                    yield HEARTBEAT
                    continue
                place[event.key] = event.seq
                yield message(event, place)
    except TooSlow:
        yield TOO_SLOW


def message(event: Event, place: Mapping[Key, int]) -> bytes:
    """One event; its id says how far every log of this client has come."""
    head = f"id: {event_id(place)}\nevent: {event.key.stream}\ndata: "
    return head.encode() + event.payload + b"\n\n"


def event_id(place: Mapping[Key, int]) -> str:
    """Numbers by stream and partition, as text without spaces."""
    return ";".join(f"{key}={seq}" for key, seq in sorted(place.items()))


def seen(text: str) -> dict[Key, int]:
    """The inverse of `event_id`; text that is no id is refused."""
    place: dict[Key, int] = {}
    for part in filter(None, text.split(";")):
        name, _, seq = part.partition("=")
        stream, _, partition = name.partition(":")
        if not (partition.isdecimal() and seq.isdecimal() and len(seq) < 20 and len(partition) < 8):
            raise Problem(HTTPStatus.BAD_REQUEST, f"Last-Event-ID {text[:80]!r} is none of ours")
        place[Key(stream, int(partition))] = int(seq)
    return place


EXAMPLE: Final = (
    "id: signals:0=1099511627777\nevent: signals\n"
    'data: {"v":1,"stream":"signals","partition":0,"seq":1099511627777,"rows":[]}\n\n'
)
