"""The registry of models: what there is, what happened to each, and the moves that change what is traded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus

import msgspec
from fastapi import APIRouter, Request, Response

from services.api.commands import By
from services.api.desk import Desk
from services.api.gate import scope_of
from services.api.keys import Scope
from services.api.model_moves import Moves
from services.api.once import IdempotencyKey, Wish, once
from services.api.problems import Problem
from shared.failures import Refused
from shared.models.registry import find
from shared.store.contract import HealthRow, ModelEvent, ModelRow, Store
from shared.time import iso

JSON = "application/json"
LEVELS = ("calm", "watch", "alarm")
MEASURE = ("kind", "name", "value", "low", "high", "usual", "level")
Given = Callable[[Store, ModelRow, By], ModelRow]


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a promotion or rollback."""

    reason: str = ""


def router(desk: Desk) -> APIRouter:
    """The routes of models."""
    routes = APIRouter(prefix="/v1", tags=["models"], default_response_class=Response)
    moves = Moves(desk.commands, desk.run)

    @routes.get("/models", openapi_extra=scope_of(Scope.READ))
    async def models() -> Response:
        """Every model of the registry, by name and version."""
        rows = await desk.record.ask(lambda store: store.models())
        return _json({"items": [shown(row) for row in rows], "next_cursor": None})

    @routes.get("/models/{model}", openapi_extra=scope_of(Scope.READ))
    async def model(model: str) -> Response:
        """One model by address, name or name@version, with everything that happened to it."""
        row = await desk.record.ask(lambda store: _found(store, model))
        events = await desk.record.ask(lambda store: store.model_events(row.address))
        return _json({**shown(row), "events": [told(event) for event in events]})

    @routes.get("/models/{model}/health", openapi_extra=scope_of(Scope.READ))
    async def health(model: str) -> Response:
        """How a model fared when it was last looked at: drift, calibration, rank IC, each with its level."""
        row = await desk.record.ask(lambda store: _found(store, model))
        measures = await desk.record.ask(lambda store: store.health(desk.run, row.model))
        return _json(fared(row, measures))

    @routes.post("/models/{model}/promote", openapi_extra=_with_body())
    async def promote(request: Request, model: str, idempotency_key: IdempotencyKey) -> Response:
        """Makes a model active: the gate has passed it, and it is surely better than the one before."""
        return await once(desk, request, _wish(idempotency_key, f"promote {model}", model, moves.promote))

    @routes.post("/models/{model}/rollback", openapi_extra=_with_body())
    async def rollback(request: Request, model: str, idempotency_key: IdempotencyKey) -> Response:
        """Takes back the promotion of this model: the one that was active before it is active again."""
        return await once(desk, request, _wish(idempotency_key, f"rollback {model}", model, moves.rollback))

    return routes


def _wish(key: str, mark: str, model: str, move: Given) -> Wish:
    def fulfil(store: Store, by: By, body: bytes) -> object:
        return shown(move(store, _found(store, model), by._replace(why=_reason(body))))

    return Wish(key, mark, fulfil)


def shown(row: ModelRow) -> dict[str, object]:
    """A model as a client reads it."""
    out: dict[str, object] = msgspec.to_builtins(row)
    for name in ("scores", "lineage"):
        out[name] = msgspec.json.decode(str(out[name]))
    for name in ("trained_from", "trained_until", "created"):
        out[name] = iso(int(str(out.pop(f"{name}_ns"))))
    return {**out, "model": str(row.model), "spec": str(row.spec)}


def fared(row: ModelRow, measures: Sequence[HealthRow]) -> dict[str, object]:
    """The last look at a model, as a client reads it; nobody has looked yet if it has no time."""
    last = measures[0] if measures else None
    return {
        "model": row.title,
        "address": row.address,
        "level": max((one.level for one in measures), key=LEVELS.index) if measures else "unknown",
        "from": iso(last.from_ns) if last else None,
        "until": iso(last.until_ns) if last else None,
        "measured": iso(last.measured_ns) if last else None,
        "rows": last.rows if last else 0,
        "measures": [{name: getattr(one, name) for name in MEASURE} for one in measures],
    }


def told(event: ModelEvent) -> dict[str, object]:
    """What happened, as a client reads it."""
    out: dict[str, object] = msgspec.to_builtins(event)
    return {**out, "time": iso(int(str(out.pop("time_ns")))), "detail": msgspec.json.decode(event.detail)}


def _found(store: Store, name: str) -> ModelRow:
    try:
        return find(store.models(), name[:200])
    except Refused as error:
        raise Problem(HTTPStatus.NOT_FOUND, str(error)) from None


def _reason(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=Reason).reason if body.strip() else ""
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"the body is no reason: {error}") from None


def _with_body() -> dict[str, object]:
    properties = {"reason": {"type": "string", "description": "for the registry and the audit trail"}}
    content = {
        JSON: {"schema": {"type": "object", "properties": properties}, "example": {"reason": "it has won"}}
    }
    return {**scope_of(Scope.ADMIN), "requestBody": {"required": False, "content": content}}


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type=JSON)
