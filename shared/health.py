"""A service's three questions over HTTP: does it live, is it ready, what does it count."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import msgspec

from shared.failures import Refused

JSON: Final = "application/json"
PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


State = tuple[bool, Mapping[str, object]]


class Pulse:
    """What the working loop tells about itself; any thread may read it."""

    def __init__(self, clock: Callable[[], float], *, stall_s: float = 30.0) -> None:
        self._clock = clock
        self._stall_s = stall_s
        self._beaten = clock()
        self._waits_for = "start"
        self.facts: dict[str, object] = {}

    def beat(self) -> None:
        """Called on every pass of the loop, busy or idle: progress is being made."""
        self._beaten = self._clock()

    def ready(self) -> None:
        """All that was needed is there."""
        self._waits_for = ""

    def waits_for(self, what: str) -> None:
        """Not ready, and why."""
        self._waits_for = what

    def health(self) -> State:
        """Alive unless the loop has stalled."""
        silent_s = round(self._clock() - self._beaten, 3)
        return silent_s < self._stall_s, {"silent_s": silent_s, **self.facts}

    def readiness(self) -> State:
        """Ready when nothing is waited for and the loop is alive."""
        alive, about = self.health()
        return alive and not self._waits_for, {"waits_for": self._waits_for, **about}


class HealthServer:
    """A tiny HTTP server on the loopback address, in threads of its own."""

    def __init__(
        self,
        port: int,
        pulse: Pulse,
        metrics: Callable[[], bytes],
        host: str = "127.0.0.1",
    ) -> None:
        handler = type("Handler", (_Handler,), {"pulse": pulse, "metrics": staticmethod(metrics)})
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            raise Refused(
                f"port {port} on {host} is taken ({error.strerror}); set health_port to a free one"
            ) from None
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens; interesting when it was asked for port 0."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Frees the port."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    pulse: Pulse
    metrics: Callable[[], bytes]

    def do_GET(self) -> None:
        """Answers one question."""
        if self.path == "/healthz":
            self._answer_state(self.pulse.health())
        elif self.path == "/readyz":
            self._answer_state(self.pulse.readiness())
        elif self.path == "/metrics":
            self._answer(HTTPStatus.OK, PROMETHEUS, self.metrics())
        else:
            self._answer(
                HTTPStatus.NOT_FOUND,
                JSON,
                b'{"paths":["/healthz","/readyz","/metrics"]}',
            )

    def _answer_state(self, state: State) -> None:
        good, about = state
        status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
        self._answer(status, JSON, msgspec.json.encode({"ok": good, **about}, enc_hook=str))

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        try:
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # whoever asked did not wait for the answer

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Says nothing: being asked is no event."""
