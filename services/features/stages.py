"""The stages of the features service: one a partition of ticks, made again from the last snapshot."""

from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.engine.bus import Key
from shared.engine.context import Context
from shared.engine.readers import FEATURES as NAME
from shared.engine.recompute import RecomputeStage
from shared.engine.stage import Stage
from shared.streams import BARS, FEATURES, TICKS


def stages(context: Context) -> list[Stage]:
    """This worker's partitions."""
    spec = FeatureSpec(interval_ns=context.plan.interval_ns)
    return [
        RecomputeStage(NAME, Key(TICKS.name, p), (BARS, FEATURES), FeatureProcessor(spec, p), context.floor)
        for p in context.partitions
    ]
