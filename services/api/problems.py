"""Errors as `application/problem+json`: what was found, what was wanted, and nothing secret."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shared.failures import Refused, Unavailable

MEDIA_TYPE: Final = "application/problem+json"


class Problem(Exception):
    """A request that cannot be served, as its client will read it."""

    def __init__(self, status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers or {}


def body(status: HTTPStatus, detail: str) -> bytes:
    """The problem document of a status and a sentence."""
    document = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    return msgspec.json.encode(document)


def response(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The same, ready to be sent."""
    return Response(body(status, detail), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def install(app: FastAPI) -> None:
    """Every failure of a handler leaves as a problem document."""

    @app.exception_handler(Problem)
    async def _problem(_request: Request, error: Problem) -> Response:
        return response(error.status, error.detail, error.headers)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers) if error.headers else None
        return response(HTTPStatus(error.status_code), str(error.detail), headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        found = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        return response(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(found))

    @app.exception_handler(Unavailable)
    async def _unavailable(_request: Request, _error: Unavailable) -> Response:
        return response(
            HTTPStatus.SERVICE_UNAVAILABLE, "the record cannot be reached now", {"Retry-After": "1"}
        )

    @app.exception_handler(Refused)
    async def _refused(_request: Request, error: Refused) -> Response:
        return response(HTTPStatus.CONFLICT, str(error))
