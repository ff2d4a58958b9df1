"""Headlines into the record: what is new gets its tone, once; what is there keeps the one it has."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import msgspec

from services.ingest.facts.sentiment import scorer, tone
from shared.store.contract import FactStore
from shared.store.rows import Headline


def keep_news(store: FactStore, news: Iterable[Headline], seen_ns: int) -> int:
    """Scores and keeps the headlines that the record lacks; how many they were."""
    ordered = sorted(news, key=_whose)
    return sum(_keep(store, list(some), seen_ns) for _, some in groupby(ordered, _whose))


def _keep(store: FactStore, news: list[Headline], seen_ns: int) -> int:
    unknown = store.unknown_headlines(news[0].vendor, news[0].symbol, [item.number for item in news])
    fresh = [item for item in news if item.number in unknown]
    return store.save_headlines([_scored(item, seen_ns) for item in fresh])


def _scored(item: Headline, seen_ns: int) -> Headline:
    return msgspec.structs.replace(item, tone=tone(item.headline), scorer=scorer(), seen_ns=seen_ns)


def _whose(item: Headline) -> tuple[str, str]:
    return item.vendor, item.symbol
