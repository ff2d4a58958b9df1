"""The stages of inference: one a partition of features, with no memory of its own."""

from pathlib import Path

from services.inference.source_model import load_processor
from shared.engine.bus import Key
from shared.engine.context import Context
from shared.engine.forward import ForwardStage
from shared.engine.readers import INFERENCE
from shared.engine.stage import Stage
from shared.streams import FEATURES, PREDICTIONS


def stages(context: Context) -> list[Stage]:
    """This worker's partitions, all with the same verified model, or the same set of models."""
    processor = load_processor(Path(context.plan.model), context.instruments)
    return [
        ForwardStage(INFERENCE, Key(FEATURES.name, p), (PREDICTIONS,), processor) for p in context.partitions
    ]
