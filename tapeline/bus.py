"""What lies newest on the bus of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.failures import Unavailable
from tapeline.cli.outcome import Unreachable

if TYPE_CHECKING:
    from shared.engine.bus import Key
    from shared.store.contract import Store


def newest(store: Store, url: str, run: str, keys: Sequence[Key], count: int) -> list[bytes]:
    """The last blocks of each log, as the gateway reads them; a bus that is away is said in one line."""
    from services.api.record import Record
    from services.api.source_bus import RedisFeed

    async def asked() -> list[bytes]:
        feed = RedisFeed(url, run, Record(store))
        try:
            return [event.payload for key in keys for event in await feed.newest(key, count)]
        finally:
            await feed.close()

    try:
        return asyncio.run(asked())
    except Unavailable as error:
        raise Unreachable(f"{error}; see `tapeline status`, or give --bus") from None
