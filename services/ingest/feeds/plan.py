"""Which feed, of what, and how its rows become cuts: the part of a run's plan that a live feed obeys."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from services.ingest.feeds.source_feed import FeedPacing
from shared.settings import Settings
from shared.time import SECOND_NS

LATENESS_NS: Final = SECOND_NS // 4
"""What venues' own streams differ by on an ordinary day."""


class FeedPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every process of a run must agree on; it lies in the run's row, so it holds no key."""

    symbols: tuple[str, ...]
    feed_url: str = ""
    rest_url: str = ""
    lateness_ns: Annotated[int, Meta(gt=0)] = LATENESS_NS
    rows_per_cut: Annotated[int, Meta(ge=1)] = 1024
    linger_ns: Annotated[int, Meta(gt=0)] = 2_000_000
    books: bool = False

    @property
    def pacing(self) -> FeedPacing:
        """How rows become cuts."""
        return FeedPacing(self.lateness_ns, self.rows_per_cut, self.linger_ns)


class FeedKeys(NamedTuple):
    """A vendor's keys, which never leave the process."""

    alpaca_key: str = ""
    alpaca_secret: str = ""
    polygon: str = ""
    finnhub: str = ""


NO_KEYS: Final = FeedKeys()


def feed_plan(settings: Settings) -> FeedPlan:
    """The part of all settings that a live feed obeys."""
    return FeedPlan(
        symbols=tuple(dict.fromkeys(settings.ingest.symbols)),
        feed_url=settings.ingest.feed_url,
        rest_url=settings.ingest.rest_url,
        lateness_ns=settings.ingest.lateness_ms * 1_000_000 or LATENESS_NS,
        rows_per_cut=settings.engine.block_rows,
        linger_ns=round(settings.engine.linger_ms * 1e6),
        books=settings.ingest.books,
    )


def feed_keys(settings: Settings) -> FeedKeys:
    """The keys that somebody gave."""
    keys = settings.keys
    return FeedKeys(keys.alpaca_key, keys.alpaca_secret, keys.polygon, keys.finnhub)
