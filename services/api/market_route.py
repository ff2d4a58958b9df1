"""`GET /v1/market`: the conditions at the last close, with the hours of what is traded."""

from __future__ import annotations

from typing import Final

import msgspec
from fastapi import APIRouter, Response

from services.api.desk import Desk
from services.api.gate import scope_of
from services.api.keys import Scope
from services.api.market import LOOK_BACK, market_now
from shared.engine.bus import Key
from shared.streams import FEATURES

JSON: Final = "application/json"


def router(desk: Desk) -> APIRouter:
    """The one route."""
    routes = APIRouter(prefix="/v1", tags=["market"], default_response_class=Response)

    @routes.get("/market", openapi_extra=scope_of(Scope.READ))
    async def market() -> Response:
        """Trend, volatility, momentum, returns and VIX at the last close; which calendars are open now."""
        answer = desk.hot("market")
        if answer is None:
            plan, instruments = await desk.plan(), await desk.instruments()
            keys = [Key(FEATURES.name, partition) for partition in range(plan.partitions)]
            payloads = [e.payload for key in keys for e in await desk.live.newest(key, LOOK_BACK)]
            now = market_now(desk.run, plan, instruments, payloads, desk.clock.wall_ns())
            answer = msgspec.json.encode(now)
            desk.keep("market", answer)
        return Response(answer, media_type=JSON)

    return routes
