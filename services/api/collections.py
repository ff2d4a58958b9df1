"""One route for each collection: filters, a span of time, a cursor, and rows in the client's units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.api import render
from services.api.desk import Desk
from services.api.explanations import beside
from services.api.gate import scope_of
from services.api.keys import Scope
from services.api.pages import DEFAULT_LIMIT, MOST_ROWS, Row, Wanted, cursor, place
from services.api.problems import Problem
from services.api.resources import RESOURCES, Resource
from shared.orders import Status
from shared.time import SECOND_NS
from shared.verdicts import Verdict

JSON: Final = "application/json"
WORDS: Final = {"verdict": Verdict, "status": Status}
LARGEST: Final = (1 << 63) - 1

EXPLAIN: Final = "explain"
WHY: Final = "true: each row's `explanation`, as it was kept for the predictions behind orders, else null"

Added = Callable[[Desk, Sequence[Row]], Awaitable[list[dict[str, object] | None]]]
Handler = Callable[..., Awaitable[Response]]


def router(desk: Desk) -> APIRouter:
    """The routes of all collections."""
    routes = APIRouter(prefix="/v1")
    for resource in RESOURCES:
        routes.add_api_route(
            f"/{resource.name}",
            _handler(desk, resource),
            methods=["GET"],
            name=f"list_{resource.name}",
            tags=[resource.name],
            summary=resource.about,
            description=f"{resource.about} Newest first; filters: {', '.join(resource.filters)}.",
            responses=_responses(resource),
            response_class=Response,
            openapi_extra={**scope_of(Scope.READ), "parameters": _filters(resource)},
        )
    return routes


def _handler(desk: Desk, resource: Resource) -> Handler:
    async def listed(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="rows in a page")] = DEFAULT_LIMIT,
        cursor: Annotated[str, Query(description="`next_cursor` of the page before", max_length=512)] = "",
        since: Annotated[dt.datetime | None, Query(description="not before this time, UTC")] = None,
        until: Annotated[dt.datetime | None, Query(description="before this time, UTC")] = None,
    ) -> Response:
        question = str(request.url)
        answer = desk.hot(question)
        if answer is None:
            wanted = Wanted(
                resource=resource,
                filters=await _wishes(desk, resource, request),
                since_ns=_ns(since),
                until_ns=_ns(until),
                after=place(resource, cursor) if cursor else None,
                limit=limit + 1,
            )
            added = beside if _is_asked(resource, request) else None
            answer = await _answer(desk, wanted, added)
            desk.keep(question, answer)
        return Response(answer, media_type=JSON)

    return listed


async def _answer(desk: Desk, wanted: Wanted, added: Added | None) -> bytes:
    found = await desk.queries.page(wanted)
    rows = found[: wanted.limit - 1]
    terms = await desk.instruments()
    following = cursor(wanted.resource, rows[-1]) if len(found) > len(rows) else None
    items = [render.shown(row, terms) for row in rows]
    if added is not None:
        for item, reasons in zip(items, await added(desk, rows), strict=True):
            item["explanation"] = reasons
    return msgspec.json.encode({"items": items, "next_cursor": following})


def _is_asked(resource: Resource, request: Request) -> bool:
    """Whether the client wants to know why, where that can be told."""
    said = request.query_params.get(EXPLAIN, "false") if resource.explained else "false"
    if said not in ("true", "false"):
        raise Problem(HTTPStatus.BAD_REQUEST, f"{EXPLAIN} is true or false, found {said[:40]!r}")
    return said == "true"


async def _wishes(desk: Desk, resource: Resource, request: Request) -> tuple[tuple[str, int], ...]:
    known = {"limit", "cursor", "since", "until", "symbol", *resource.filters}
    known |= {EXPLAIN} if resource.explained else set()
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        wanted = ", ".join(sorted(known))
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"{resource.name} has no filter {unknown[0]}; known are {wanted}"
        )
    wishes = [
        (name, _number(name, request.query_params[name]))
        for name in resource.filters
        if name in request.query_params
    ]
    symbol = request.query_params.get("symbol")
    if symbol is not None:
        wishes.append(("instrument", await _instrument(desk, resource, symbol)))
    return tuple(wishes)


async def _instrument(desk: Desk, resource: Resource, symbol: str) -> int:
    named = [i for i, row in (await desk.instruments()).items() if row.symbol == symbol]
    if not named or "instrument" not in resource.filters:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{resource.name} knows no symbol {symbol}")
    return named[0]


def _number(name: str, text: str) -> int:
    words = WORDS.get(name)
    if words is not None and text.upper() in words.__members__:
        return int(words[text.upper()])
    try:
        value = int(text)
    except ValueError:
        value = LARGEST + 1
    if abs(value) > LARGEST:
        raise Problem(HTTPStatus.BAD_REQUEST, f"{name} wants a number, found {text[:40]!r}")
    return value


def _ns(moment: dt.datetime | None) -> int | None:
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    gone = aware - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (gone.days * 86_400 + gone.seconds) * SECOND_NS + gone.microseconds * 1_000


def _filters(resource: Resource) -> list[dict[str, object]]:
    meanings = {column.name: column.meaning for column in resource.declaration.columns}
    found: list[dict[str, object]] = [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": meanings[name]}
        for name in resource.filters
    ]
    if "instrument" in resource.filters:
        found.append(
            {
                "name": "symbol",
                "in": "query",
                "schema": {"type": "string"},
                "description": "the same, by name",
            }
        )
    if resource.explained:
        found.append({"name": EXPLAIN, "in": "query", "schema": {"type": "boolean"}, "description": WHY})
    return found


def _responses(resource: Resource) -> dict[int | str, dict[str, object]]:
    page = {
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {
            "items": {"type": "array", "items": render.schema(resource)},
            "next_cursor": {"type": ["string", "null"], "description": "null on the last page"},
        },
    }
    sample = {"items": [render.example(resource)], "next_cursor": None}
    return {200: {"description": "a page", "content": {JSON: {"schema": page, "example": sample}}}}
