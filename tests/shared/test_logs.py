from __future__ import annotations

import io
import json
from typing import Any

from shared.logs import Logger, correlated, logger
from shared.settings import Log


def said(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def made(how: Log) -> tuple[Logger, io.StringIO]:
    out = io.StringIO()
    return logger("risk", "desk", how, out), out


def test_an_event_is_one_json_line_with_its_fields() -> None:
    log, out = made(Log())
    log.bind(stream="ticks").info("block.read", rows=3)
    (event,) = said(out)
    assert event.pop("time").endswith("Z")
    assert event == {
        "level": "info", "service": "risk", "run": "desk", "event": "block.read", "stream": "ticks", "rows": 3
    }  # fmt: skip


def test_correlation_ids_are_carried_by_every_event_inside_and_none_outside() -> None:
    log, out = made(Log())
    with correlated(order_id="00ab"):
        log.info("order.sent")
    log.info("idle")
    inside, outside = said(out)
    assert inside["order_id"] == "00ab"
    assert "order_id" not in outside


def test_events_below_the_level_are_silent() -> None:
    log, out = made(Log(level="warning"))
    log.info("chatter")
    log.warning("trouble")
    assert [event["event"] for event in said(out)] == ["trouble"]


def test_an_exception_keeps_its_traceback_on_the_same_line() -> None:
    log, out = made(Log())
    try:
        raise ValueError("a reason")
    except ValueError:
        log.exception("failed")
    (event,) = said(out)
    assert "ValueError: a reason" in event["exception"]


def test_text_is_for_people() -> None:
    log, out = made(Log(format="text"))
    log.info("order.sent", lots=5)
    assert "order.sent" in out.getvalue()
    assert "lots=5" in out.getvalue()


def test_two_loggers_do_not_disturb_each_other() -> None:
    one, first = made(Log(level="error"))
    two, second = made(Log(level="debug"))
    one.debug("a")
    two.debug("b")
    assert first.getvalue() == ""
    assert len(said(second)) == 1
