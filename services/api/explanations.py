"""Why predictions said what they said: as a collection, beside predictions, and for the live topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Response

from services.api.desk import Desk
from services.api.gate import scope_of
from services.api.keys import Scope
from services.api.pages import DEFAULT_LIMIT, MOST_ROWS, Row
from services.api.problems import Problem
from shared.market import Instrument
from shared.store.contract import ExplanationRow
from shared.time import iso

JSON: Final = "application/json"
MOST: Final = 10_000
"""Explanations of one page's closes; a page has at most a thousand rows."""
REASONS: Final = ("of", "probability", "base", "rest", "shares")
"""What an explanation adds to the prediction that it is of."""


def router(desk: Desk) -> APIRouter:
    """The one route."""
    routes = APIRouter(prefix="/v1", tags=["models"], default_response_class=Response)

    @routes.get("/explanations", openapi_extra=scope_of(Scope.READ))
    async def explanations(
        symbol: Annotated[str, Query(description="only this instrument", max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="most of them")] = DEFAULT_LIMIT,
    ) -> Response:
        """Why the predictions behind orders said what they said: base, shares and rest add up to each."""
        known = await desk.instruments()
        named = [number for number, row in known.items() if row.symbol == symbol]
        if symbol and not named:
            raise Problem(HTTPStatus.BAD_REQUEST, f"explanations know no symbol {symbol}")
        instrument = named[0] if named else 0
        rows = await desk.record.ask(lambda store: store.explanations(desk.run, instrument, limit))
        found = {"items": [because(row, known) for row in rows], "next_cursor": None}
        return Response(msgspec.json.encode(found), media_type=JSON)

    return routes


def because(row: ExplanationRow, known: Mapping[int, Instrument]) -> dict[str, object]:
    """An explanation as a client reads it."""
    out: dict[str, object] = msgspec.to_builtins(row)
    del out["run"], out["event_time_ns"], out["made_ns"]
    symbol = known[row.instrument].symbol if row.instrument in known else None
    return {
        "time": iso(row.event_time_ns),
        "symbol": symbol,
        **out,
        "model": str(row.model),
        "shares": msgspec.json.decode(row.shares),
    }


async def beside(desk: Desk, rows: Sequence[Row]) -> list[dict[str, object] | None]:
    """The explanation of each of these predictions; nothing where none was kept."""
    if not rows:
        return []
    places = [_place(row) for row in rows]
    times, instruments = ([place[part] for place in places] for part in (0, 1))
    only = instruments[0] if len(set(instruments)) == 1 else 0
    span = min(times), max(times)
    kept = await desk.record.ask(lambda store: store.explanations_between(desk.run, only, span, MOST))
    found = {(row.event_time_ns, row.instrument, row.model): _reasons(row) for row in kept}
    return [found.get(place) for place in places]


def _place(row: Row) -> tuple[int, int, int]:
    time_ns, instrument, model = (int(str(row[name])) for name in ("event_time_ns", "instrument", "model"))
    return time_ns, instrument, model


def _reasons(row: ExplanationRow) -> dict[str, object]:
    told = because(row, {})
    return {name: told[name] for name in REASONS}
