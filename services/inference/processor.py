"""Turns feature vectors into class probabilities, row by row, with no memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from services.inference.model import Model
from shared.block import Block
from shared.failures import BadInput
from shared.streams import FEATURES, PREDICTIONS


class InferenceProcessor:
    """One predictions block a features block; a vector that is not warm is flagged and left unanswered."""

    reads: Final = FEATURES
    writes: Final = (PREDICTIONS,)

    def __init__(self, model: Model) -> None:
        self.model = model
        self._width = len(model.manifest.features)

    def handle(self, block: Block) -> Iterable[Block]:
        """The predictions of these vectors under the same promise."""
        if block.stream is not FEATURES:
            raise BadInput(f"inference reads features, found {block.stream.name}")
        rows = len(block)
        if rows == 0:
            return (PREDICTIONS.empty(watermark_ns=block.watermark_ns, partition=block.partition),)
        self._check(block)
        flags, probabilities = self.model.predictor.predict(block["values"])
        columns = {
            "event_time_ns": block["event_time_ns"],
            "instrument": block["instrument"],
            "model": np.full(rows, self.model.hash, np.int64),
            "horizon_ns": np.full(rows, self.model.manifest.horizon_ns, np.int64),
            "flags": flags,
            "probabilities": probabilities,
        }
        return (Block(PREDICTIONS, columns, block.watermark_ns, block.partition),)

    def snapshot(self) -> bytes:
        """Nothing: a row's answer depends on the row alone."""
        return b""

    def restore(self, state: bytes) -> None:
        """There is no state; anything else is refused."""
        if state:
            raise BadInput(f"inference has no state, found {len(state)} bytes")

    def _check(self, block: Block) -> None:
        name, wanted = self.model.manifest.name, self.model.manifest.spec
        specs, width = block["spec"], block["values"].shape[1]
        if int(specs[0]) != wanted or (len(specs) > 1 and bool((specs != wanted).any())):
            raise BadInput(f"model {name} wants vectors of spec {wanted}, found {int(specs[0])}")
        if width != self._width:
            raise BadInput(f"model {name} wants {self._width} features, this vector has {width}")
