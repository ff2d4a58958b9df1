"""A write happens once for an Idempotency-Key: the same request gets the first answer again, for a day."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final, NamedTuple

import msgspec
from fastapi import Header, Request, Response

from services.api.commands import By
from services.api.desk import Desk
from services.api.keys import Principal
from services.api.problems import Problem
from shared.store.contract import Reply, Store
from shared.time import DAY_NS

KEPT_NS: Final = DAY_NS
"""How long an answer is given again."""
IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)]


class Wish(NamedTuple):
    """A request's key, what it is about, and what fulfils it; done twice after a crash it does no harm."""

    key: str
    mark: str
    fulfil: Callable[[Store, By, bytes], object]


async def once(desk: Desk, request: Request, wish: Wish) -> Response:
    """Does it, or answers as before; another request under the same key is refused."""
    principal: Principal = request.state.principal
    body, by = await request.body(), By(principal.name, desk.clock.wall_ns())
    mark = hashlib.sha256(wish.mark.encode() + body).hexdigest()
    known = await desk.record.ask(lambda store: _fresh(store, by, wish.key))
    if known is None:
        known = await desk.record.ask(lambda store: _done(store, by, body, wish, mark))
    if known.mark != mark:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "this Idempotency-Key belongs to another request")
    return Response(known.answer, media_type="application/json")


def _fresh(store: Store, by: By, key: str) -> Reply | None:
    """The answer that this caller got under this key within the last day."""
    known = store.reply(by.actor, key)
    return known if known is not None and known.created_ns > by.now_ns - KEPT_NS else None


def _done(store: Store, by: By, body: bytes, wish: Wish, mark: str) -> Reply:
    told = msgspec.json.encode(wish.fulfil(store, by, body))
    store.forget_replies(by.now_ns - KEPT_NS + 1)
    return store.save_reply(Reply(by.actor, wish.key, mark, told, by.now_ns))
