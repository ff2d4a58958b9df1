"""The tone of a headline: VADER's rules over its own words and those of finance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.ingest.feeds.extras import wanted
from shared.ids import text_hash

EXTRA: Final = "news"
WORDS: Final = Path(__file__).with_name("finance_words.txt")
STEEPEST: Final = 4.0


def tone(headline: str) -> float:
    """Between -1, as bad as news gets, and 1; 0 says nothing."""
    joined = _phrases().sub(lambda found: _joined(found[0]), headline)
    return float(_reader().polarity_scores(joined)["compound"])


@cache
def scorer() -> str:
    """The name of this way to score: other words or other weights are another one."""
    return f"vader+{text_hash(WORDS.read_text(encoding='utf-8')) & (1 << 32) - 1:08x}"


@cache
def finance_words() -> Mapping[str, float]:
    """Weights by word or phrase, in small letters."""
    found: dict[str, float] = {}
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        weight, told, words = line.partition(":")
        if not told or line.startswith("#"):
            continue
        for word in (each.strip().lower() for each in words.split(",")):
            if word in found or not abs(float(weight)) <= STEEPEST:
                raise ValueError(f"{WORDS.name}: {word} is told twice, or weighs more than {STEEPEST}")
            found[word] = float(weight)
    return found


@cache
def _reader() -> Any:
    made = wanted("vaderSentiment.vaderSentiment", EXTRA).SentimentIntensityAnalyzer()
    made.lexicon.update({_joined(word): weight for word, weight in finance_words().items()})
    return made


@cache
def _phrases() -> re.Pattern[str]:
    """Finds phrases, the longest first; VADER itself knows single words alone."""
    phrases = sorted((word for word in finance_words() if " " in word), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b", re.IGNORECASE)


def _joined(phrase: str) -> str:
    return phrase.replace(" ", "_")
