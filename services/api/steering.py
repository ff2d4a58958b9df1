"""Instruments, the kill switch, jobs and dead letters."""

from __future__ import annotations

import base64
import hashlib
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Header, Request, Response

from services.api.commands import Command
from services.api.desk import Desk
from services.api.gate import scope_of
from services.api.keys import Principal, Scope
from services.api.problems import Problem
from shared.time import iso

JSON: Final = "application/json"
MOST_ANSWERS: Final = 1_024
IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)]


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a halt or resume."""

    account: int = 0
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
        """Whether trading is on; an unknown state counts as halted."""
        return _json({"halted": await desk.record.ask(lambda store: store.halted(desk.run))})

    @routes.post("/risk/halt", tags=["risk"], openapi_extra=_with_body(Scope.KILL))
    async def halt(request: Request, idempotency_key: IdempotencyKey) -> Response:
        """Throws the kill switch: no order is sent until somebody resumes, restarts included."""
        return await _command(desk, request, Command.HALT, idempotency_key)

    @routes.post("/risk/resume", tags=["risk"], openapi_extra=_with_body(Scope.KILL))
    async def resume(request: Request, idempotency_key: IdempotencyKey) -> Response:
        """Lets risk send orders again."""
        return await _command(desk, request, Command.RESUME, idempotency_key)


async def _command(desk: Desk, request: Request, command: Command, key: str) -> Response:
    """Does it once: the same key and body get the first answer again, another body is refused."""
    principal: Principal = request.state.principal
    body = await request.body()
    mark = hashlib.sha256(f"{command}".encode() + body).hexdigest()
    known = desk.answers.get((principal.name, key))
    if known is not None and known[0] != mark:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "this Idempotency-Key belongs to another request")
    if known is not None:
        return Response(known[1], media_type=JSON)
    order = _order(body)
    now_ns = desk.clock.wall_ns()
    letter = await desk.record.ask(
        lambda store: desk.commands.give(store, command, order.account, principal.name, now_ns)
    )
    answer = {"halted": command is Command.HALT, "account": order.account, "time": iso(letter.watermark_ns)}
    return _remembered(desk, (principal.name, key), mark, msgspec.json.encode(answer))


def _remembered(desk: Desk, who: tuple[str, str], mark: str, answer: bytes) -> Response:
    if len(desk.answers) >= MOST_ANSWERS:
        del desk.answers[next(iter(desk.answers))]
    desk.answers[who] = mark, answer
    return Response(answer, media_type=JSON)


def _order(body: bytes) -> Order:
    try:
        return msgspec.json.decode(body, type=Order) if body.strip() else Order()
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"the body is no order to risk: {error}") from None


def _with_body(scope: Scope) -> dict[str, object]:
    properties = {
        "account": {"type": "integer", "default": 0, "description": "the account to tell"},
        "reason": {"type": "string", "description": "for the audit trail"},
    }
    content = {
        JSON: {
            "schema": {"type": "object", "properties": properties},
            "example": {"account": 0, "reason": "news"},
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
