"""A model off the disk: its seal first, then its bytes, which are the very ones that were checked.

There is no other way in: what nobody trusted has signed is never read.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from services.inference import manifest as manifests
from services.inference.model import Model, verify
from services.inference.processor import InferenceProcessor
from services.inference.routed import RoutedProcessor
from services.inference.sets import EVERY_SECTOR, Entry, ModelSets
from services.inference.shadowed import ShadowedProcessor
from shared.engine.plan import RunPlan
from shared.market import Instruments
from shared.models import together
from shared.models.seal import open_sealed
from shared.processor import Processor


def load_sealed(folder: Path, trusted: frozenset[str]) -> tuple[str, Model]:
    """The address and the verified model of a folder that somebody trusted has signed."""
    sealed = open_sealed(folder, trusted)
    return sealed.address, verify(sealed.manifest, sealed.files)


def sealed_processor(folder: Path, instruments: Instruments, trusted: frozenset[str]) -> Processor:
    """What predicts with the models that a path means, each sector's for its instruments."""
    below = folders_of(folder)
    if len(below) == 1:
        model = load_sealed(below[0], trusted)[1]
        if model.manifest.sector == EVERY_SECTOR:
            return InferenceProcessor(model)
    entries = [Entry(each, manifests.decode(open_sealed(each, trusted).manifest)) for each in below]
    sets = ModelSets(entries, partial(_model, trusted=trusted))
    sets.load_all()
    return RoutedProcessor(sets, instruments)


def folders_of(folder: Path) -> list[Path]:
    """The folders of the models that a path means; one without any stands for itself."""
    return together.folders_of(folder) or [folder]


def planned_processor(plan: RunPlan, instruments: Instruments, trusted: frozenset[str]) -> Processor:
    """What predicts in a run that keeps its models: the plan's, and its canary beside it if it has one."""
    active = sealed_processor(Path(plan.model), instruments, trusted)
    if not plan.canary:
        return active
    return ShadowedProcessor(active, (), sealed_processor(Path(plan.canary), instruments, trusted))


def _model(folder: Path, trusted: frozenset[str]) -> Model:
    return load_sealed(folder, trusted)[1]
