"""Instruments, the kill switch, jobs and dead letters."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Final

import msgspec
from fastapi import APIRouter, Request, Response

from services.api.commands import By, Command
from services.api.desk import Desk
from services.api.gate import scope_of
from services.api.keys import Scope
from services.api.once import IdempotencyKey, Wish, once
from services.api.problems import Problem
from shared.store.contract import Store
from shared.time import iso

JSON: Final = "application/json"


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a halt or resume; the kill switch is one for the whole run."""

    reason: str = ""


def router(desk: Desk) -> APIRouter:
    """The routes of what people steer."""
    routes = APIRouter(prefix="/v1", default_response_class=Response)
    _reads(routes, desk)
    _risk(routes, desk)
    return routes


def _reads(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/instruments", tags=["instruments"], openapi_extra=scope_of(Scope.READ))
    async def instruments() -> Response:
        """Every instrument of the run with its terms."""
        rows = await desk.instruments()
        return _json({"items": [msgspec.to_builtins(row) for row in rows.values()], "next_cursor": None})

    @routes.get("/jobs", tags=["jobs"], openapi_extra=scope_of(Scope.READ))
    async def jobs() -> Response:
        """Long work, newest first."""
        rows = await desk.record.ask(lambda store: store.jobs())
        return _json({"items": [_stamped(row) for row in rows], "next_cursor": None})

    @routes.get("/jobs/{job}", tags=["jobs"], openapi_extra=scope_of(Scope.READ))
    async def job(job: str) -> Response:
        """Where one piece of long work stands."""
        rows = await desk.record.ask(lambda store: store.jobs())
        found = [row for row in rows if row.job == job]
        if not found:
            raise Problem(HTTPStatus.NOT_FOUND, f"there is no job {job[:80]!r}")
        return _json(_stamped(found[0]))

    @routes.get("/dlq", tags=["dlq"], openapi_extra=scope_of(Scope.ADMIN))
    async def dead_letters() -> Response:
        """Blocks that no retry could save, with their raw bytes and the reason."""
        rows = await desk.record.ask(lambda store: store.dead_letters(desk.run))
        items = [
            msgspec.to_builtins(row)
            | {"payload": base64.b64encode(row.payload).decode(), "seq": str(row.seq)}
            for row in rows
        ]
        return _json({"items": items, "next_cursor": None})


def _risk(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/risk", tags=["risk"], openapi_extra=scope_of(Scope.READ))
    async def risk() -> Response:
        """Whether the run trades; an unknown state counts as halted."""
        return _json({"halted": await desk.record.ask(lambda store: store.halted(desk.run))})

    @routes.post("/risk/halt", tags=["risk"], openapi_extra=_with_body(Scope.KILL))
    async def halt(request: Request, idempotency_key: IdempotencyKey) -> Response:
        """Stops the whole run: no account sends an order until somebody resumes, restarts included."""
        return await _command(desk, request, Command.HALT, idempotency_key)

    @routes.post("/risk/resume", tags=["risk"], openapi_extra=_with_body(Scope.KILL))
    async def resume(request: Request, idempotency_key: IdempotencyKey) -> Response:
        """Lets every account of the run send orders again."""
        return await _command(desk, request, Command.RESUME, idempotency_key)


async def _command(desk: Desk, request: Request, command: Command, key: str) -> Response:
    """Halts or resumes, once for a key."""

    def give(store: Store, by: By, body: bytes) -> object:
        given = desk.commands.give(store, command, by._replace(why=_order(body).reason))
        halted = command is Command.HALT
        return {"halted": halted, "accounts": given.accounts, "time": iso(given.time_ns)}

    return await once(desk, request, Wish(key, str(command), give))


def _order(body: bytes) -> Order:
    try:
        return msgspec.json.decode(body, type=Order) if body.strip() else Order()
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"the body is no order to risk: {error}") from None


def _with_body(scope: Scope) -> dict[str, object]:
    properties = {
        "reason": {"type": "string", "description": "for the audit trail"},
    }
    content = {
        JSON: {
            "schema": {"type": "object", "properties": properties},
            "example": {"reason": "news"},
        }
    }
    return {**scope_of(scope), "requestBody": {"required": False, "content": content}}


def _stamped(row: msgspec.Struct) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(row)
    for name in ("created", "updated"):
        found[name] = iso(int(str(found.pop(f"{name}_ns"))))
    return found


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value, enc_hook=str), media_type=JSON)
