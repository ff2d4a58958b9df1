"""The stages of inference, one a partition: a replay keeps its model, a live run may change it."""

from functools import partial

from services.inference.shelf import Shelf
from services.inference.source_sealed import load_sealed, planned_processor
from services.inference.source_trial import Trial
from services.inference.swap import SwapStage
from shared.engine.bus import Key
from shared.engine.context import Context
from shared.engine.forward import ForwardStage
from shared.engine.readers import INFERENCE, model_commands
from shared.engine.stage import Stage
from shared.models.keys import trusted_keys
from shared.streams import FEATURES, PREDICTIONS


def stages(context: Context) -> list[Stage]:
    """This worker's partitions, all with the same verified model, or the same set of models."""
    trusted = partial(trusted_keys, context.data, context.public_keys)
    sources = [Key(FEATURES.name, p) for p in context.partitions]
    if context.plan.mode == "strict":
        processor = planned_processor(context.plan, context.instruments, trusted())
        return [ForwardStage(INFERENCE, source, (PREDICTIONS,), processor) for source in sources]
    shelf = Shelf(context, trusted, load_sealed, Trial)
    first, commands = shelf.processor(shelf.first), model_commands(context.plan)
    return [SwapStage(source, commands, shelf, first) for source in sources]
