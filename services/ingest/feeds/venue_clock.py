"""How far our clock is from a venue's: measured on every message that carries the venue's time."""

from __future__ import annotations

from collections import deque
from typing import Final

from shared.time import MINUTE_NS

MINUTES_KEPT: Final = 5


class VenueClock:
    """The least delay of the last minutes: the offset of the clocks plus the shortest way between them."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[int, int]] = deque(maxlen=MINUTES_KEPT)
        self._least: int | None = None

    def seen(self, event_ns: int, received_ns: int) -> None:
        """A message of this event time came at this time of our clock."""
        delay, minute = received_ns - event_ns, received_ns // MINUTE_NS
        if not self._minutes or minute > self._minutes[-1][0]:
            self._minutes.append((minute, delay))
            self._least = min(least for _, least in self._minutes)
        elif delay < self._minutes[-1][1]:
            self._minutes[-1] = self._minutes[-1][0], delay
            self._least = min(self.skew_ns if self.is_set else delay, delay)

    @property
    def is_set(self) -> bool:
        """Whether anything was measured yet."""
        return self._least is not None

    @property
    def skew_ns(self) -> int:
        """Our clock less the venue's, at most the shortest way too much; 0 before the first measurement."""
        return self._least or 0

    def venue_ns(self, received_ns: int) -> int:
        """What the venue's clock said when ours said this."""
        return received_ns - self.skew_ns
