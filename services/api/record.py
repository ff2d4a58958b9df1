"""The store, asked by one request at a time and never on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from shared.store.contract import Store

Answer = TypeVar("Answer")


class Record:
    """Lets asynchronous code use a store whose calls wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = asyncio.Lock()

    async def ask(self, question: Callable[[Store], Answer]) -> Answer:
        """The answer of the store, without holding up other requests."""
        async with self._lock:
            return await asyncio.to_thread(question, self._store)
