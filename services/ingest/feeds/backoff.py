"""How long to wait before the next attempt: exponential, with full jitter, so that no crowd forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

DOUBLINGS: Final = 30


class Backoff(NamedTuple):
    """The first wait's bound and the longest wait, in seconds."""

    first_s: float = 0.5
    longest_s: float = 30.0

    def wait_s(self, failures: int, draw: Callable[[], float]) -> float:
        """A wait drawn evenly between nothing and the bound after so many failures in a row."""
        bound = self.first_s * 2.0 ** min(DOUBLINGS, max(0, failures - 1))
        return draw() * min(self.longest_s, bound)


class TokenBucket:
    """So many requests a second on average, so many at once."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float]) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._tokens, self._at = float(burst), clock()

    def take(self) -> float:
        """Takes a token, now or in advance: how long to wait before using it."""
        now = self._clock()
        self._tokens = min(float(self._burst), self._tokens + (now - self._at) * self._per_s) - 1.0
        self._at = now
        return max(0.0, -self._tokens / self._per_s)
