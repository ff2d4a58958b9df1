"""A headline is scored once."""

from __future__ import annotations

import msgspec
import pytest

from services.ingest.facts.news import keep_news
from services.ingest.facts.sentiment import scorer, tone
from shared.store.memory import MemoryStore
from shared.store.rows import Headline

pytest.importorskip("vaderSentiment", reason="the news extra is not installed")

STORY = Headline(vendor="v", symbol="A", number="1", time_ns=5, headline="Profit warning from Acme")


def test_new_headlines_get_a_tone_and_those_that_are_there_keep_theirs() -> None:
    store = MemoryStore()
    other = msgspec.structs.replace(STORY, symbol="B", headline="Acme soars")
    assert keep_news(store, [STORY, other, STORY], 9) == 2
    assert keep_news(store, [msgspec.structs.replace(STORY, headline="All is well")], 10) == 0
    (kept,) = store.headlines("A")
    assert (kept.tone, kept.scorer, kept.seen_ns) == (tone(STORY.headline), scorer(), 9)
    assert store.headlines("B")[0].tone > 0 > kept.tone
