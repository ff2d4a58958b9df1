"""So much a second, with room for a burst: a bucket of tokens for each caller."""

from __future__ import annotations

from typing import Final

import msgspec

MOST_CALLERS: Final = 10_000


class Bucket(msgspec.Struct):
    """Tokens that refill with time."""

    left: float
    at_s: float


class Rate:
    """So many requests a second for each caller, with room for a burst."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s, self._burst = per_s, burst
        self._buckets: dict[str, Bucket] = {}

    def take(self, caller: str, now_s: float) -> float:
        """0 if the request may pass, else the seconds to wait."""
        bucket = self._bucket(caller, now_s)
        if bucket.left < 1.0:
            return (1.0 - bucket.left) / self._per_s
        bucket.left -= 1.0
        return 0.0

    def spent(self, caller: str, now_s: float) -> bool:
        """Whether nothing is left, without taking."""
        return caller in self._buckets and self._bucket(caller, now_s).left < 1.0

    def _bucket(self, caller: str, now_s: float) -> Bucket:
        bucket = self._buckets.get(caller)
        if bucket is None:
            if len(self._buckets) >= MOST_CALLERS:
                del self._buckets[next(iter(self._buckets))]
            bucket = self._buckets[caller] = Bucket(self._burst, now_s)
        bucket.left = min(self._burst, bucket.left + (now_s - bucket.at_s) * self._per_s)
        bucket.at_s = now_s
        return bucket
