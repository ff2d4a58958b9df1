"""The data set of a training: vectors by the live features, labels, and a split that leaks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from research.labels.next_bar import Labels, next_return
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block
from shared.failures import Refused
from shared.streams import FACTS
from shared.time import BEFORE_TAPE

NO_FACTS: Final = FACTS.empty(watermark_ns=BEFORE_TAPE)


@dataclass(frozen=True)
class Dataset:
    """Rows in time order that are warm and whose label is known."""

    spec: FeatureSpec
    values: npt.NDArray[np.float64]
    times_ns: npt.NDArray[np.int64]
    instruments: npt.NDArray[np.int32]
    labels: Labels

    def __len__(self) -> int:
        return len(self.times_ns)

    def take(self, rows: npt.NDArray[np.bool_]) -> Dataset:
        """Some of the rows."""
        labels = self.labels
        kept = Labels(labels.classes[rows], labels.returns[rows], labels.end_ns[rows], labels.known[rows])
        return Dataset(self.spec, self.values[rows], self.times_ns[rows], self.instruments[rows], kept)


def make_dataset(
    bars: Block, spec: FeatureSpec, bars_ahead: int, band: float, facts: Block = NO_FACTS
) -> Dataset:
    """What the live service would have computed on these bars and facts, beside what came next."""
    bars, processor = bars.sorted(), FeatureProcessor(spec, 0)
    processor.handle(facts)
    values = processor.learn(bars)["values"]
    labels = next_return(bars, bars_ahead, band)
    whole = Dataset(spec, values, bars["event_time_ns"], bars["instrument"], labels)
    return whole.take(labels.known & ~np.isnan(values).any(axis=1))


def split_by_time(dataset: Dataset, share: float) -> tuple[Dataset, Dataset]:
    """An earlier and a later part; earlier rows whose label reaches into the later part are left out."""
    if len(dataset) < 2:
        raise Refused(f"a split wants at least 2 usable rows, found {len(dataset)}; give more history")
    from_ns = dataset.times_ns[int(len(dataset) * share)]
    earlier = dataset.take(dataset.labels.end_ns <= from_ns)
    later = dataset.take(dataset.times_ns >= from_ns)
    if not len(earlier) or not len(later):
        raise Refused("the history is too short to be split by time; give more bars")
    return earlier, later
