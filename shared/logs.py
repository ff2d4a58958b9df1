"""What a service says: one event a line, as JSON for machines or as text for people."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TextIO

import msgspec

from shared.settings import Log

LEVELS: Final[Mapping[str, int]] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
COLOURS: Final[Mapping[str, str]] = {"debug": "2", "info": "32", "warning": "33", "error": "31;1"}
HEAD: Final = ("time", "level", "service", "event")

_ids: ContextVar[Mapping[str, object] | None] = ContextVar("ids", default=None)


class Logger:
    """Says events with the fields bound to it; an event below its level costs one comparison."""

    def __init__(self, how: Log, out: TextIO, bound: Mapping[str, object]) -> None:
        self._how = how
        self._out = out
        self._bound = bound
        self._least = LEVELS[how.level]

    def bind(self, **fields: object) -> Logger:
        """The same logger with more fields on each of its events."""
        return Logger(self._how, self._out, {**self._bound, **fields})

    def debug(self, event: str, **fields: object) -> None:
        """For whoever looks for a mistake."""
        self._say("debug", event, fields)

    def info(self, event: str, **fields: object) -> None:
        """What is normal and worth a line."""
        self._say("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """What mends itself but should be known."""
        self._say("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """What needs somebody."""
        self._say("error", event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """An error with the traceback of the exception that is being handled."""
        self._say("error", event, {**fields, "exception": traceback.format_exc().rstrip()})

    def _say(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        if LEVELS[level] < self._least:
            return
        now_ns = time.time_ns()
        head = {"time": _utc(now_ns), "level": level, "service": self._bound.get("service"), "event": event}
        said = {**head, **self._bound, **(_ids.get() or {}), **fields}
        line = _as_json(said) if self._how.format == "json" else _as_text(said, self._out)
        self._out.write(line + "\n")
        self._out.flush()


def logger(service: str, run: str, how: Log, out: TextIO | None = None) -> Logger:
    """A logger of its own, bound to its service and run; nothing global is touched.

    Fields that belong together are bound once: `log.bind(stream=…, partition=…, seq=…)`; an order's
    correlation id is bound by `correlated`, and every event of its thread carries it.
    """
    return Logger(how, out or sys.stdout, {"service": service, "run": run})


@contextmanager
def correlated(**ids: object) -> Iterator[None]:
    """A `with` block whose events all carry these ids, whoever logs them."""
    token = _ids.set({**(_ids.get() or {}), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def _utc(now_ns: int) -> str:
    seconds, rest = divmod(now_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest // 1000:06d}Z"


def _as_json(said: Mapping[str, object]) -> str:
    return msgspec.json.encode(said, enc_hook=str).decode()


def _as_text(said: Mapping[str, object], out: TextIO) -> str:
    level = str(said["level"])
    shown = f"\x1b[{COLOURS[level]}m{level:<7}\x1b[0m" if out.isatty() else f"{level:<7}"
    rest = {name: value for name, value in said.items() if name not in HEAD and name != "exception"}
    fields = "".join(f" {name}={value}" for name, value in rest.items())
    trace = f"\n{said['exception']}" if "exception" in said else ""
    return f"{said['time']} {shown} {said['service']} {said['event']}{fields}{trace}"
