"""Instruments, the kill switch, jobs and dead letters."""

from __future__ import annotations

import base64
import hashlib
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Header, Request, Response

from services.api.commands import By, Command
from services.api.desk import Desk
from services.api.gate import scope_of
from services.api.keys import Principal, Scope
from services.api.problems import Problem
from shared.store.contract import Reply, Store
from shared.time import DAY_NS, iso

JSON: Final = "application/json"
KEPT_NS: Final = DAY_NS
"""How long an answer is given again under its Idempotency-Key."""
IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)]


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
    """Does it once: the same key and body get the first answer again, another body is refused."""
    principal: Principal = request.state.principal
    body, now_ns = await request.body(), desk.clock.wall_ns()
    mark = hashlib.sha256(f"{command}".encode() + body).hexdigest()
    known = await desk.record.ask(lambda store: _fresh(store, principal.name, key, now_ns))
    if known is None:
        by = By(principal.name, now_ns, _order(body).reason)
        known = await desk.record.ask(lambda store: _given(desk, store, command, by, (key, mark)))
    if known.mark != mark:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "this Idempotency-Key belongs to another request")
    return Response(known.answer, media_type=JSON)


def _fresh(store: Store, caller: str, key: str, now_ns: int) -> Reply | None:
    """The answer that this caller got under this key within the last day."""
    known = store.reply(caller, key)
    return known if known is not None and known.created_ns > now_ns - KEPT_NS else None


def _given(desk: Desk, store: Store, command: Command, by: By, asked: tuple[str, str]) -> Reply:
    """Gives the command and keeps its answer for a day; a repeat after a crash in between does no harm."""
    given = desk.commands.give(store, command, by)
    told = {"halted": command is Command.HALT, "accounts": given.accounts, "time": iso(given.time_ns)}
    store.forget_replies(by.now_ns - KEPT_NS + 1)
    return store.save_reply(Reply(by.actor, *asked, msgspec.json.encode(told), by.now_ns))


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
