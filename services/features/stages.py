"""The stages of the features service: one a partition of ticks, made again from the last snapshot."""

from pathlib import Path

import numpy as np

from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block
from shared.engine.bus import Key
from shared.engine.context import Context
from shared.engine.readers import FEATURES as NAME
from shared.engine.recompute import RecomputeStage
from shared.engine.stage import Stage
from shared.ids import partition_of
from shared.lake.parquet import read_stream
from shared.streams import BARS, FEATURES, TICKS


def stages(context: Context) -> list[Stage]:
    """This worker's partitions, warm from recorded bars where the run has some."""
    spec = FeatureSpec(interval_ns=context.plan.interval_ns)
    past = read_stream(Path(context.plan.warm), BARS) if context.plan.warm else None
    return [_stage(context, spec, p, past) for p in context.partitions]


def _stage(context: Context, spec: FeatureSpec, partition: int, past: Block | None) -> Stage:
    processor = FeatureProcessor(spec, partition, context.actions)
    if past is not None:
        processor.learn(_of_partition(past, partition, context.plan.partitions))
    return RecomputeStage(NAME, Key(TICKS.name, partition), (BARS, FEATURES), processor, context.floor)


def _of_partition(bars: Block, partition: int, partitions: int) -> Block:
    """The rows of the instruments that travel on this partition."""
    known, place = np.unique(bars["instrument"], return_inverse=True)
    ours = np.array([partition_of(int(i), partitions) == partition for i in known])
    return bars.take(np.flatnonzero(ours[place]))
