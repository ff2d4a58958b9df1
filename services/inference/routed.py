"""Each instrument is answered by its sector's models, one row a horizon."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from services.inference.processor import InferenceProcessor
from services.inference.sets import ModelSets
from shared.block import Block, join
from shared.failures import BadInput
from shared.market import Instruments
from shared.streams import FEATURES, PREDICTIONS


class RoutedProcessor:
    """One predictions block a features block; an instrument without a model for its sector gets no row."""

    reads: Final = FEATURES
    writes: Final = (PREDICTIONS,)

    def __init__(self, sets: ModelSets, instruments: Instruments) -> None:
        self._sets, self._instruments = sets, instruments
        self._sectors = sets.sectors
        self._routes: dict[int, int] = {}

    def handle(self, block: Block) -> Iterable[Block]:
        """The predictions of these vectors under the same promise."""
        if block.stream is not FEATURES:
            raise BadInput(f"inference reads features, found {block.stream.name}")
        routes = self._routes_of(block["instrument"])
        made = [PREDICTIONS.empty(watermark_ns=block.watermark_ns, partition=block.partition)]
        for route in np.unique(routes[routes >= 0]):
            asked = block.take(np.flatnonzero(routes == route))
            for model in self._sets.models(self._sectors[route]):
                made += InferenceProcessor(model).handle(asked)
        return (join(made).sorted(),)

    def snapshot(self) -> bytes:
        """Nothing: a row's answer depends on the row alone."""
        return b""

    def restore(self, state: bytes) -> None:
        """There is no state; anything else is refused."""
        if state:
            raise BadInput(f"inference has no state, found {len(state)} bytes")

    def _routes_of(self, instruments: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        """The place of each row's sector, -1 where there is none."""
        known, which = np.unique(instruments, return_inverse=True)
        places = [self._route(instrument) for instrument in known.tolist()]
        return np.array(places, np.int64)[which] if places else np.zeros(0, np.int64)

    def _route(self, instrument: int) -> int:
        found = self._routes.get(instrument)
        if found is None:
            is_known = instrument in self._instruments
            sector = self._sets.sector_of(self._instruments[instrument].sector if is_known else "")
            found = -1 if sector is None else self._sectors.index(sector)
            if is_known:
                self._routes[instrument] = found
        return found
