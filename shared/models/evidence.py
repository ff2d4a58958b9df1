"""What a challenger has shown against the active model, on the same closes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.store.rows import ModelEvent

KEY = "comparison"


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Both models' information coefficient on the same rows, and the difference with its interval."""

    against: str
    rows: int
    moments: int
    from_ns: int
    until_ns: int
    active: tuple[float, float, float]
    challenger: tuple[float, float, float]
    difference: tuple[float, float, float]
    agreement: float

    @property
    def is_better(self) -> bool:
        """Whether the whole interval of the difference lies above zero."""
        return self.difference[1] > 0.0

    @property
    def sentence(self) -> str:
        """The difference as people read it."""
        value, low, high = self.difference
        return f"IC {value:+.4f} [{low:+.4f}, {high:+.4f}] against the active model on {self.moments} closes"


def written(comparison: Comparison) -> str:
    """The detail of the event that keeps it."""
    return msgspec.json.encode({KEY: comparison}).decode()


def latest(events: Iterable[ModelEvent], against: str) -> Comparison | None:
    """The newest comparison with this model among a challenger's events."""
    found = None
    for event in events:
        told = msgspec.json.decode(event.detail)
        if isinstance(told, dict) and KEY in told:
            comparison = msgspec.convert(told[KEY], Comparison)
            found = comparison if comparison.against == against else found
    return found
