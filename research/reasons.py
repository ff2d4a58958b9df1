"""Why a recorded answer was given: the features that moved it most, from the very vector that was served."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from research.drift.models import sealed_manifest
from services.inference.explaining import Share, explain
from services.inference.manifest import CLASSES
from services.inference.model import Model
from services.inference.source_sealed import load_sealed
from shared.engine.plan import RunPlan
from shared.failures import Refused
from shared.models.together import folders_of
from shared.models.vault import place_of
from shared.store.contract import Store


class Reasons(msgspec.Struct, frozen=True, kw_only=True):
    """base + the shares + the rest is the probability of this class, as it was served."""

    of: str
    probability: float
    base: float
    shares: tuple[Share, ...]
    rest: float
    """What all the other features add together."""
    features: int


def reasons(model: Model, values: list[float], side: int, count: int) -> Reasons:
    """The largest shares of the class that a decision was about; without a side, of the likeliest."""
    found = explain(model, np.array(values))
    of = {1: "buy", -1: "sell"}.get(side) or CLASSES[int(np.argmax(found.probabilities))]
    place = CLASSES.index(of)
    shares = tuple(found.top(count, of))
    whole = sum(each[place] for each in found.shares)
    return Reasons(
        of=of,
        probability=found.probabilities[place],
        base=found.base[place],
        shares=shares,
        rest=whole - sum(share.share for share in shares),
        features=len(found.features),
    )


def model_of(store: Store, run: str, data: Path, trusted: frozenset[str], number: int) -> tuple[str, Model]:
    """The model that gave an answer, by the number that stands in its row, and how people call it."""
    for row in store.models():
        if row.model == number:
            return f"{row.name}@{row.version}", load_sealed(place_of(data, row.address), trusted)[1]
    opened = store.run(run)
    begun = folders_of(Path(RunPlan.read(opened.settings).model)) if opened else []
    for folder in begun:
        if sealed_manifest(folder, trusted).hash == number:
            model = load_sealed(folder, trusted)[1]
            return model.manifest.name, model
    raise Refused(f"model {number} is neither in the registry nor the one that run {run} began with")
