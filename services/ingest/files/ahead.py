"""Reading ahead: a thread makes the next pieces while these are worked on; both mostly run outside Python."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")

PIECES: Final = 2
"""Pieces that are made ahead: more of them only take memory."""
_END: Final = object()


def ahead(pieces: Iterable[T]) -> Iterator[T]:
    """The same pieces in the same order, and the same error after them; none is made once nobody reads on."""
    made = iter(pieces)
    with ThreadPoolExecutor(1, "ahead") as pool:
        waiting = deque(pool.submit(next, made, _END) for _ in range(PIECES))
        try:
            while (piece := waiting.popleft().result()) is not _END:
                waiting.append(pool.submit(next, made, _END))
                yield piece  # type: ignore[misc]  # whatever is not the end is one of the pieces
        finally:
            for future in waiting:
                future.cancel()
    if isinstance(made, Generator):
        made.close()
