"""Several models over the same vectors: the active one's rows as ever, those of who is watched marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.block import Block, join
from shared.failures import BadInput
from shared.processor import Processor
from shared.streams import CANARY, SHADOW


class ShadowedProcessor:
    """Puts each shadow's row, and the canary's, behind the active one of the same close and instrument."""

    def __init__(
        self, active: Processor, shadows: Sequence[Processor], canary: Processor | None = None
    ) -> None:
        self._active = active
        self._watched = [(shadow, SHADOW) for shadow in shadows]
        self._watched += [(canary, SHADOW | CANARY)] if canary is not None else []

    def handle(self, block: Block) -> Iterable[Block]:
        """One block of predictions, a row a model and vector."""
        (traded,) = self._active.handle(block)
        if not len(block) or not self._watched:
            return (traded,)
        watched = [_marked(made, bits) for model, bits in self._watched for made in model.handle(block)]
        return (join([traded, *watched]).sorted(),)

    def snapshot(self) -> bytes:
        """Nothing: a row's answer depends on the row alone."""
        return b""

    def restore(self, state: bytes) -> None:
        """There is no state; anything else is refused."""
        if state:
            raise BadInput(f"inference has no state, found {len(state)} bytes")


def _marked(predictions: Block, bits: int) -> Block:
    flags = predictions["flags"] | bits
    return Block(
        predictions.stream,
        {**predictions.columns, "flags": flags},
        predictions.watermark_ns,
        predictions.partition,
    )
