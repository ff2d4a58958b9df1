"""Puts the gateway together from its parts; nothing is opened here."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import Depends, FastAPI

from services.api import collections, events, explanations, market_route, models, probes, problems, steering
from services.api.counting import Counted
from services.api.desk import Desk
from services.api.gate import Gate
from services.api.shell import Shell
from shared.metrics import VERSION, Metrics

ABOUT = (
    "Reads the record and the live streams of a Tapeline desk; prices, quantities and money are exact text."
)
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def create_app(desk: Desk, metrics: Metrics, version: str = VERSION) -> FastAPI:
    """The gateway of one run."""
    gate = Gate(desk.run, desk.record, desk.clock)
    app = FastAPI(
        title="Tapeline",
        version=version,
        description=ABOUT,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(gate)],
        lifespan=_living(desk),
    )
    problems.install(app)
    for router in (
        probes.router(desk, metrics),
        collections.router(desk),
        steering.router(desk),
        market_route.router(desk),
        models.router(desk),
        explanations.router(desk),
        events.router(desk),
    ):
        app.include_router(router)
    app.add_middleware(Counted, metrics=metrics, clock=desk.clock.grows_s)
    app.add_middleware(Shell)
    _declare_schemes(app)
    return app


def _living(desk: Desk) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        reader = asyncio.create_task(desk.live.run(), name="live")
        reader.add_done_callback(_end_with)
        try:
            yield
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
            await desk.live.close()
            await desk.queries.close()

    return living


def _end_with(reader: asyncio.Task[None]) -> None:
    """A gateway whose live reader has died is no gateway: it ends, and is started again."""
    if not reader.cancelled():
        signal.raise_signal(signal.SIGTERM)


def _declare_schemes(app: FastAPI) -> None:
    """Names the two headers that a key may come in."""
    make = app.openapi

    def described() -> dict[str, Any]:
        document = make()
        document.setdefault("components", {})["securitySchemes"] = SCHEMES
        return document

    app.openapi = described  # type: ignore[method-assign]
