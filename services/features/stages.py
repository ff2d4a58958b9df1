"""The stages of the features service: one a partition of ticks, made again from the last snapshot."""

from pathlib import Path

import numpy as np

from services.features.catalogue import STARTER, choice
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block
from shared.engine.beside import Beside, BesideStage
from shared.engine.bus import Key
from shared.engine.context import Context
from shared.engine.plan import RunPlan
from shared.engine.readers import FACTS_KEY
from shared.engine.readers import FEATURES as NAME
from shared.engine.recompute import RecomputeStage
from shared.engine.stage import Stage
from shared.facts import of_partition
from shared.failures import Refused
from shared.ids import partition_of
from shared.lake.parquet import read_any, read_stream
from shared.streams import BARS, FACTS, FEATURES, TICKS


def stages(context: Context) -> list[Stage]:
    """This worker's partitions, warm from recorded bars where the run has some."""
    spec = spec_of(context.plan)
    past = _past(context.plan)
    return [_stage(context, spec, p, past) for p in context.partitions]


def spec_of(plan: RunPlan) -> FeatureSpec:
    """The vector of a run; one that wants facts is refused where nobody tells them."""
    spec = FeatureSpec(interval_ns=plan.interval_ns, features=plan.features or STARTER)
    if spec.program.fields and not plan.facts:
        wanting = [name for name in spec.features if choice(name).needs_facts]
        raise Refused(f"nobody tells this run's source facts, which the model wants for {', '.join(wanting)}")
    return spec


def _past(plan: RunPlan) -> tuple[Block, Block] | None:
    """Recorded bars and facts to start warm from."""
    if not plan.warm:
        return None
    return read_stream(Path(plan.warm), BARS), read_any(Path(plan.warm), FACTS)


def _stage(context: Context, spec: FeatureSpec, partition: int, past: tuple[Block, Block] | None) -> Stage:
    plan, partitions = context.plan, context.plan.partitions
    processor = FeatureProcessor(spec, partition, context.actions, plan.hours)
    if past is not None:
        bars, facts = past
        processor.handle(of_partition(facts, partition, partitions))
        processor.learn(_of_partition(bars, partition, partitions))
    ticks, writes = Key(TICKS.name, partition), (BARS, FEATURES)
    if not plan.facts:
        return RecomputeStage(NAME, ticks, writes, processor, context.floor)
    facts_too = ticks, Beside(FACTS_KEY, lambda told: of_partition(told, partition, partitions))
    return BesideStage(NAME, facts_too, writes, processor, context.floor)


def _of_partition(bars: Block, partition: int, partitions: int) -> Block:
    """The rows of the instruments that travel on this partition."""
    known, place = np.unique(bars["instrument"], return_inverse=True)
    ours = np.array([partition_of(int(i), partitions) == partition for i in known])
    return bars.take(np.flatnonzero(ours[place]))
