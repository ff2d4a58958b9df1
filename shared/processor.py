"""What every service's core looks like: blocks in, blocks out, and a state that can be copied."""

from collections.abc import Iterable
from typing import Protocol

from shared.block import Block


class Processor(Protocol):
    """Pure: it knows no clock, no randomness, no network, no environment and no logger.

    Time arrives in blocks. Whatever the cuts between blocks, the rows that come out are the same.
    A block that is bad raises `BadInput` before any state has changed.
    """

    def handle(self, block: Block) -> Iterable[Block]:
        """Takes the next block of the log; gives at most one block a stream it writes."""
        ...

    def snapshot(self) -> bytes:
        """All state, so that a restored twin goes on exactly alike."""
        ...

    def restore(self, state: bytes) -> None:
        """Takes the state of a twin with the same configuration."""
        ...
