"""A model that has been verified: its files are those meant, and it answers as it did when trained."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.inference import manifest as manifests
from services.inference import members, packing
from services.inference.manifest import CLASSES, Manifest, Member
from services.inference.parts import Part
from services.inference.predictor import Predictor
from shared.failures import Refused

NEAR: Final = 1e-6
Read = Callable[[Member, bytes, tuple[str, ...]], Part]
"""From a member's file, and the names of what it reads, to its arrays."""


@dataclass(frozen=True)
class Model:
    """A manifest and the predictor it vouches for."""

    manifest: Manifest
    predictor: Predictor
    hash: int


def verify(manifest_content: bytes, artefacts: Mapping[str, bytes]) -> Model:
    """The model, or one line why it must not be used; every hash is checked before anything is read."""
    manifest = manifests.decode(manifest_content)
    check_hashes(manifest, artefacts)
    predictor = predictor_of(manifest, artefacts)
    check_reference(manifest, predictor)
    return Model(manifest, predictor, manifest.hash)


def check_hashes(manifest: Manifest, artefacts: Mapping[str, bytes]) -> None:
    """Is every artefact there, and is it the one that the manifest means."""
    for artefact, wanted in manifest.files.items():
        if artefact not in artefacts:
            raise Refused(f"model {manifest.name} lacks its file {artefact}")
        found = hashlib.sha256(artefacts[artefact]).hexdigest()
        if found != wanted:
            raise Refused(f"model {manifest.name}: {artefact} has sha256 {found}, its manifest says {wanted}")


def predictor_of(manifest: Manifest, artefacts: Mapping[str, bytes]) -> Predictor:
    """The manifest's members read from their files and packed; nothing is checked against known answers."""
    return Predictor(packing.program(manifest, parts_of(manifest, artefacts)))


def parts_of(manifest: Manifest, artefacts: Mapping[str, bytes], read: Read = members.read) -> list[Part]:
    """Every member's checked arrays, the meta member's last."""
    names, width = manifest.features, len(manifest.features)
    parts = [
        read(member, artefacts[member.artefact], tuple(names[i] for i in member.reads(width)))
        for member in manifest.members
    ]
    if manifest.meta is not None:
        parts.append(read(manifest.meta, artefacts[manifest.meta.artefact], meta_names(manifest)))
    return parts


def meta_names(manifest: Manifest) -> tuple[str, ...]:
    """What the meta member reads: each member's probability of each class."""
    return tuple(f"{member.name}_{one}" for member in manifest.members for one in CLASSES)


def check_reference(manifest: Manifest, predictor: Predictor) -> None:
    """Does the model answer the reference rows as the libraries did, alone and side by side."""
    values = np.array([row.values for row in manifest.reference])
    _, probabilities, answers = predictor.answer(values)
    for number, row in enumerate(manifest.reference):
        alone = predictor.answer(values[number : number + 1])
        found = np.vstack([answers[number], probabilities[number]])
        off = float(np.max(np.abs(found - np.array([*row.members, row.probabilities]))))
        if not off <= NEAR:
            raise Refused(
                f"model {manifest.name}: reference row {number} is off by {off:.1e}, limit {NEAR:.0e}"
            )
        if np.vstack([alone[2][0], alone[1][0]]).tobytes() != found.tobytes():
            raise Refused(f"model {manifest.name}: reference row {number} has another answer alone")
