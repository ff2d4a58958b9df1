"""The socket loop ends when told, and a bug in it ends the service instead of hiding."""

from __future__ import annotations

import threading

import pytest
from websockets.asyncio.server import ServerConnection

from services.ingest.feeds.events import Event
from services.ingest.feeds.source_binance import BinanceDialect
from tests.fixtures.feeds import feed, vendor
from tests.fixtures.venues import bitcoin, socket_venue

NOBODY = "http://127.0.0.1:9"


class Buggy(BinanceDialect):
    """A dialect with a mistake of ours in it."""

    def events(self, frame: str | bytes) -> list[Event]:
        """Divides by zero."""
        return super().events(frame * (1 // (len(frame) - len(frame))))


async def talk(socket: ServerConnection, connection: int) -> None:
    """One frame, then silence."""
    await socket.send("{}")
    await socket.wait_closed()


def test_a_bug_in_the_thread_is_raised_where_the_service_sees_it() -> None:
    with (
        socket_venue(talk) as url,
        feed(Buggy(bitcoin(), vendor(NOBODY), url)) as live,
        pytest.raises(BaseExceptionGroup) as caught,
    ):
        live.until(lambda: False)
    assert caught.group_contains(ZeroDivisionError)


def test_no_thread_is_left_when_it_stops() -> None:
    before = threading.active_count()
    with socket_venue(talk) as url:
        with feed(BinanceDialect(bitcoin(), vendor(NOBODY), url)) as live:
            live.until(lambda: live.tracker.counts.connections == 1)
        live.check()
    assert threading.active_count() <= before


def test_a_venue_that_is_not_there_is_tried_again_and_again() -> None:
    with feed(BinanceDialect(bitcoin(), vendor(NOBODY), "ws://127.0.0.1:9")) as live:
        live.until(lambda: live.tracker.counts.reconnections >= 3)
    assert live.tracker.counts.connections == 0
    assert all("the connection ended" in line for line in live.said)
