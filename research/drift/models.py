"""Which models of a run are looked at, and what their signed manifests promise."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from services.inference import manifest as manifests
from services.inference.manifest import Manifest
from shared.engine.plan import RunPlan
from shared.failures import Refused
from shared.models.registry import find
from shared.models.seal import open_sealed
from shared.models.stages import WATCHED, ModelStage
from shared.models.together import folders_of
from shared.models.vault import take
from shared.store.contract import ModelRow, Store


class Watched(NamedTuple):
    """A model as people call it, and what it promises."""

    title: str
    manifest: Manifest


def watched(store: Store, run: str, data: Path, trusted: frozenset[str]) -> list[Watched]:
    """The models that the run began with, and those of the registry that predict on its bars, each once."""
    opened = store.run(run)
    if opened is None:
        raise Refused(f"the record has no run {run}")
    plan = RunPlan.read(opened.settings)
    begun = [sealed_manifest(folder, trusted) for folder in folders_of(Path(plan.model))]
    found = {manifest.hash: Watched(manifest.name, manifest) for manifest in begun}
    for row in store.models():
        if row.stage in {ModelStage.ACTIVE, *WATCHED} and row.interval_ns == plan.interval_ns:
            found[row.model] = _of(row, data, trusted)
    return list(found.values())


def named(store: Store, name: str, data: Path, trusted: frozenset[str]) -> Watched:
    """One model of the registry."""
    return _of(find(store.models(), name), data, trusted)


def sealed_manifest(folder: Path, trusted: frozenset[str]) -> Manifest:
    """What a model says of itself, if somebody trusted has signed it."""
    return manifests.decode(open_sealed(folder, trusted).manifest)


def _of(row: ModelRow, data: Path, trusted: frozenset[str]) -> Watched:
    return Watched(f"{row.name}@{row.version}", manifests.decode(take(data, row.address, trusted).manifest))
