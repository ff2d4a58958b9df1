"""Every request passes here: the route names its scope, the key must hold it, and nobody asks too often."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request

from services.api.clock import Clock
from services.api.keys import Principal, Scope, recognise
from services.api.problems import Problem
from services.api.rate import Rate
from services.api.record import Record
from services.api.refusals import NOBODY, Refusals, Refused
from shared.store.contract import ApiKey

SCOPE: Final = "x-scope"
KEYS_STALE_S: Final = 5.0
UNKNOWN: Final = "key.unknown"
LACKING: Final = "key.lacks_scope"
"""What the audit trail calls the two ways of being turned away."""


class Gate:
    """The one place that lets requests in; a route without a scope lets nobody in."""

    def __init__(self, run: str, record: Record, clock: Clock) -> None:
        self._record, self._clock = record, clock.grows_s
        self._refusals = Refusals(run, record, clock)
        self._keys: Sequence[ApiKey] = ()
        self._read_s = -KEYS_STALE_S
        self._reads, self._writes = Rate(1_000, 2_000), Rate(10, 20)
        self._failures = Rate(10 / 60, 10)

    async def __call__(self, request: Request) -> None:
        """Lets the request pass or raises a problem."""
        scope = declared_scope(request.scope.get("route"))
        if scope is Scope.PUBLIC:
            return
        principal = await self._principal(request)
        if not principal.may(scope):
            detail = f"key {principal.name} lacks the scope {scope}"
            await self._refusals.note(LACKING, principal.name, _refused(request, detail))
            raise Problem(HTTPStatus.FORBIDDEN, detail)
        rate = self._reads if request.method in ("GET", "HEAD") else self._writes
        wait_s = rate.take(principal.name, self._clock())
        if wait_s:
            raise _too_many(wait_s)
        request.state.principal = principal

    async def _principal(self, request: Request) -> Principal:
        caller = _caller(request)
        if self._failures.spent(caller, self._clock()):
            raise _too_many(60.0)
        presented = presented_key(request)
        principal = recognise(await self._known(), presented) if presented else None
        if principal is None:
            self._failures.take(caller, self._clock())
            detail = "the API key is not known" if presented else "an API key is wanted"
            await self._refusals.note(UNKNOWN, NOBODY, _refused(request, detail))
            raise Problem(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})
        return principal

    async def _known(self) -> Sequence[ApiKey]:
        if self._clock() - self._read_s >= KEYS_STALE_S:
            self._keys = await self._record.ask(lambda store: store.api_keys())
            self._read_s = self._clock()
        return self._keys


def declared_scope(route: object) -> Scope:
    """The scope that a route declares; none is a refusal."""
    extra: dict[str, Any] = getattr(route, "openapi_extra", None) or {}
    if extra.get(SCOPE) not in set(Scope):
        raise Problem(HTTPStatus.FORBIDDEN, "this route declares no scope, so that nobody may use it")
    return Scope(extra[SCOPE])


def presented_key(request: Request) -> str:
    """The key of a request, from either header."""
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer.strip() if kind.lower() == "bearer" else request.headers.get("x-api-key", "")


def _caller(request: Request) -> str:
    return request.client.host if request.client else "local"


def _refused(request: Request, reason: str) -> Refused:
    path = getattr(request.scope.get("route"), "path", "none")
    return Refused(f"{request.method} {path}", _caller(request), reason)


def scope_of(scope: Scope) -> dict[str, Any]:
    """What a route says about itself in the OpenAPI document."""
    secured: list[dict[str, list[str]]] = [] if scope is Scope.PUBLIC else [{"bearer": []}, {"api_key": []}]
    return {SCOPE: str(scope), "security": secured}


def _too_many(wait_s: float) -> Problem:
    seconds = str(max(1, round(wait_s)))
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, f"try again in {seconds} s", {"Retry-After": seconds})
