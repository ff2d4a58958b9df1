"""Every request passes here: the route names its scope, the key must hold it, and nobody asks too often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import Request

from services.api.keys import Principal, Scope, recognise
from services.api.problems import Problem
from services.api.record import Record
from shared.store.contract import ApiKey

SCOPE: Final = "x-scope"
KEYS_STALE_S: Final = 5.0
MOST_CALLERS: Final = 10_000


class Bucket(msgspec.Struct):
    """Tokens that refill with time."""

    left: float
    at_s: float


class Rate:
    """So many requests a second for each caller, with room for a burst."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s, self._burst = per_s, burst
        self._buckets: dict[str, Bucket] = {}

    def take(self, caller: str, now_s: float) -> float:
        """0 if the request may pass, else the seconds to wait."""
        bucket = self._bucket(caller, now_s)
        if bucket.left < 1.0:
            return (1.0 - bucket.left) / self._per_s
        bucket.left -= 1.0
        return 0.0

    def spent(self, caller: str, now_s: float) -> bool:
        """Whether nothing is left, without taking."""
        return caller in self._buckets and self._bucket(caller, now_s).left < 1.0

    def _bucket(self, caller: str, now_s: float) -> Bucket:
        bucket = self._buckets.get(caller)
        if bucket is None:
            if len(self._buckets) >= MOST_CALLERS:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[caller] = Bucket(self._burst, now_s)
        bucket.left = min(self._burst, bucket.left + (now_s - bucket.at_s) * self._per_s)
        bucket.at_s = now_s
        return bucket


class Gate:
    """The one place that lets requests in; a route without a scope lets nobody in."""

    def __init__(self, record: Record, clock: Callable[[], float]) -> None:
        self._record, self._clock = record, clock
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
            raise Problem(HTTPStatus.FORBIDDEN, f"key {principal.name} lacks the scope {scope}")
        rate = self._reads if request.method in ("GET", "HEAD") else self._writes
        wait_s = rate.take(principal.name, self._clock())
        if wait_s:
            raise _too_many(wait_s)
        request.state.principal = principal

    async def _principal(self, request: Request) -> Principal:
        caller = request.client.host if request.client else "local"
        if self._failures.spent(caller, self._clock()):
            raise _too_many(60.0)
        presented = presented_key(request)
        principal = recognise(await self._known(), presented) if presented else None
        if principal is None:
            self._failures.take(caller, self._clock())
            detail = "the API key is not known" if presented else "an API key is wanted"
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


def scope_of(scope: Scope) -> dict[str, Any]:
    """What a route says about itself in the OpenAPI document."""
    secured: list[dict[str, list[str]]] = [] if scope is Scope.PUBLIC else [{"bearer": []}, {"api_key": []}]
    return {SCOPE: str(scope), "security": secured}


def _too_many(wait_s: float) -> Problem:
    seconds = str(max(1, round(wait_s)))
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, f"try again in {seconds} s", {"Retry-After": seconds})
