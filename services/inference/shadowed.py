"""Several models over the same vectors: the active one's rows as ever, the shadows' marked beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.block import Block, join
from shared.failures import BadInput
from shared.processor import Processor
from shared.streams import SHADOW


class ShadowedProcessor:
    """Puts each shadow's row behind the active model's row of the same close and instrument."""

    def __init__(self, active: Processor, shadows: Sequence[Processor]) -> None:
        self._active = active
        self._shadows = tuple(shadows)

    def handle(self, block: Block) -> Iterable[Block]:
        """One block of predictions, a row a model and vector."""
        (traded,) = self._active.handle(block)
        if not len(block) or not self._shadows:
            return (traded,)
        watched = [_marked(made) for shadow in self._shadows for made in shadow.handle(block)]
        return (join([traded, *watched]).sorted(),)

    def snapshot(self) -> bytes:
        """Nothing: a row's answer depends on the row alone."""
        return b""

    def restore(self, state: bytes) -> None:
        """There is no state; anything else is refused."""
        if state:
            raise BadInput(f"inference has no state, found {len(state)} bytes")


def _marked(predictions: Block) -> Block:
    flags = predictions["flags"] | SHADOW
    return Block(
        predictions.stream,
        {**predictions.columns, "flags": flags},
        predictions.watermark_ns,
        predictions.partition,
    )
