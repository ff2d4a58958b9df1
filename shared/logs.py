"""What a service says: one event a line, as JSON for machines or as text for people."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from shared.settings import Log

LEVELS: Final[Mapping[str, int]] = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Logger = FilteringBoundLogger


def logger(service: str, run: str, how: Log, out: TextIO | None = None) -> Logger:
    """A logger of its own, bound to its service and run; nothing global is touched.

    Fields that belong together are bound once: `log.bind(stream=…, partition=…, seq=…)`; an order's
    correlation id is bound by `correlated`, and every event of its thread carries it.
    """
    render = _as_json if how.format == "json" else _as_text(out or sys.stdout)
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        render,
    ]
    made: Logger = structlog.wrap_logger(
        structlog.PrintLogger(out or sys.stdout),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[how.level]),
        cache_logger_on_first_use=True,
    )
    return made.bind(service=service, run=run)


def correlated(**ids: object) -> Any:
    """A `with` block whose events all carry these ids, whoever logs them."""
    return structlog.contextvars.bound_contextvars(**ids)


def _as_json(_logger: object, _method: str, event: EventDict) -> str:
    head = {"time": event.pop("time", None), "level": event.pop("level", None)}
    head |= {"service": event.pop("service", None), "event": event.pop("event", None)}
    return msgspec.json.encode({**head, **event}, enc_hook=str).decode()


def _as_text(out: TextIO) -> Processor:
    return structlog.dev.ConsoleRenderer(colors=out.isatty(), timestamp_key="time")
