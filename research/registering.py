"""A folder becomes a model of the registry: signed by us or by somebody trusted, tried, kept, listed."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Final

import msgspec

from services.inference import manifest as manifests
from services.inference.source_trial import tried
from services.inference.trial import Task
from shared.failures import Refused
from shared.models import registry
from shared.models.keys import public_key, signing_key, trusted_keys
from shared.models.registry import NOT_JUDGED, By
from shared.models.seal import Sealed, open_sealed, sign, vouch
from shared.models.vault import keep, place_of
from shared.store.contract import ModelRow, ModelStore

ROOT: Final = Path(__file__).resolve().parent.parent
MAKES_MODELS: Final = ("research", "services/features", "services/inference", "shared")
"""The code that a model comes from: labels, features, training and what all of them stand on."""


def kept(folder: Path, data: Path) -> Sealed:
    """What lies in a folder of ours, signed with our key and put where models lie."""
    sealed = vouch(folder, signing_key(data))
    keep(data, sealed)
    return sealed


def brought(folder: Path, data: Path, more_keys: tuple[str, ...] = ()) -> Sealed:
    """What somebody else has signed, if we trust him, put where models lie."""
    sealed = open_sealed(folder, trusted_keys(data, more_keys))
    keep(data, sealed)
    return sealed


def borrowed(folder: Path, trusted: frozenset[str], own: Path) -> Sealed:
    """A model of somebody trusted, signed anew for a data folder of ours that has a key of its own."""
    sealed, key = open_sealed(folder, trusted), signing_key(own)
    mine = msgspec.structs.replace(sealed, key=public_key(key), signature=sign(sealed.manifest, key))
    keep(own, mine)
    return mine


def registered(sealed: Sealed, data: Path, store: ModelStore, by: By) -> ModelRow:
    """Lists a kept model once a child process has opened it; one that fails is taken out again."""
    known = next((row for row in store.models() if row.address == sealed.address), None)
    if known is not None:
        return known
    admit(sealed, data)
    return registry.register(store, row_of(sealed, store, by.now_ns), by)


def admit(sealed: Sealed, data: Path) -> None:
    """Lets a child process open a kept model; one that fails is taken out again."""
    folder = place_of(data, sealed.address)
    try:
        tried(Task(folder=str(folder), trusted=(sealed.key,)))
    except Refused:
        shutil.rmtree(folder)
        raise


def row_of(sealed: Sealed, store: ModelStore, now_ns: int) -> ModelRow:
    """What a manifest says, in the words of the registry."""
    about = manifests.decode(sealed.manifest)
    before = [row for row in store.models() if row.name == about.name]
    lineage = {
        "dataset": about.dataset,
        "code": code_hash(),
        "parent": before[-1].address if before else "",
        "label": about.label,
        "rows": about.rows,
        "seed": about.seed,
        "versions": about.versions,
        "signed_by": sealed.key,
    }
    return ModelRow(
        address=sealed.address,
        model=about.hash,
        name=about.name,
        family=about.family,
        sector=about.sector,
        horizon_ns=about.horizon_ns,
        interval_ns=about.interval_ns,
        spec=about.spec,
        verdict=about.verdict or NOT_JUDGED,
        scores=msgspec.json.encode(about.scores).decode(),
        lineage=msgspec.json.encode(lineage).decode(),
        trained_from_ns=about.trained_from_ns,
        trained_until_ns=about.trained_until_ns,
        created_ns=now_ns,
    )


def code_hash() -> str:
    """One hash of the sources with which a model was registered."""
    digest = hashlib.sha256()
    for part in MAKES_MODELS:
        for file in sorted((ROOT / part).rglob("*.py")):
            digest.update(str(file.relative_to(ROOT)).encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
