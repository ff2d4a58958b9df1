"""What the news say of a company: their tone, fading, and how many there were."""

from __future__ import annotations

from typing import Final

from services.features.notes import NOTE, TOLD, TOTAL
from services.features.registry import Feature, bars
from services.features.rings import ring_sum
from services.features.row import Op, Row
from services.features.smoothing import ema_forgets
from shared.facts import Field
from shared.kernels import step


@step
def sentiment(m: Row, op: Op) -> None:
    """The tone of the news so far, each bar worth less, pulled towards 0; and the news of the last bars."""
    at = op.at + NOTE
    new, tones = m[op.at + TOLD] - m[at], m[op.at + TOTAL]
    m[at], m[op.at + TOTAL] = m[op.at + TOLD], 0.0
    fade = 1.0 - 2.0 / (op.n1 + 1.0)
    m[at + 1] = fade * m[at + 1] + tones
    m[at + 2] = fade * m[at + 2] + new
    m[op.out] = m[at + 1] / (1.0 + m[at + 2])
    m[op.out + 1] = ring_sum(m, at + 3, op.n1, new)


FEATURES: Final = (
    Feature(
        name="sentiment", update=sentiment, parameters=(bars(20),), outputs=("tone", "count"),
        unit="−1 … 1; items",
        formula="tone = faded sum of tones / (1 + faded count), both times 1 − 2 / (n + 1) a bar; count = "
        "items of the last n bars",
        state=lambda n: NOTE + 3 + n + 2, forgets=ema_forgets, fields=(Field.SENTIMENT,),
    ),
)  # fmt: skip
"""The family's registry."""
