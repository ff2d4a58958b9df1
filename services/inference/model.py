"""A model that has been verified: its file is the one meant, and it answers as it did when trained."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.inference import manifest as manifests
from services.inference.forest import Forest
from services.inference.manifest import Manifest
from shared.failures import Refused

NEAR: Final = 1e-6


@dataclass(frozen=True)
class Model:
    """A manifest and the forest it vouches for."""

    manifest: Manifest
    forest: Forest
    hash: int


def verify(manifest_content: bytes, artefact: bytes) -> Model:
    """The model, or one line why it must not be used; the hash is checked before anything is read."""
    manifest = manifests.decode(manifest_content)
    found = hashlib.sha256(artefact).hexdigest()
    if found != manifest.sha256:
        raise Refused(f"model {manifest.name} has sha256 {found}, its manifest says {manifest.sha256}")
    forest = Forest.parse(artefact)
    if forest.feature_names != manifest.features or forest.classes != len(manifest.classes):
        raise Refused(f"model {manifest.name} does not have the features or classes of its manifest")
    _check_reference(manifest, forest)
    return Model(manifest, forest, manifest.hash)


def _check_reference(manifest: Manifest, forest: Forest) -> None:
    for number, row in enumerate(manifest.reference):
        if len(row.values) != len(manifest.features) or len(row.probabilities) != len(manifest.classes):
            raise Refused(f"model {manifest.name}: reference row {number} has another width")
        _, probabilities = forest.predict(np.array([row.values], np.float64))
        off = float(np.max(np.abs(probabilities[0] - np.array(row.probabilities))))
        if not off <= NEAR:
            raise Refused(
                f"model {manifest.name}: reference row {number} is off by {off:.1e}, limit {NEAR:.0e}"
            )
