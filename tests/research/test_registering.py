"""A folder becomes a candidate only after its signature, its hashes and a child process have said yes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from research.registering import brought, code_hash, kept, registered, row_of
from shared.failures import Refused
from shared.models import registry
from shared.models.keys import public_key, signing_key, trust
from shared.models.registry import NOT_JUDGED, By
from shared.models.stages import ModelStage
from shared.models.vault import place_of, take
from shared.store.memory import MemoryStore
from tests.fixtures import models
from tests.fixtures.models import Whole
from tests.fixtures.sealed_models import trust_of
from tests.fixtures.signed import kept_model, lay

BY = By("ops", 7, "tried it")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_our_own_model_is_signed_kept_tried_and_listed_once(store: MemoryStore, tmp_path: Path) -> None:
    manifest = msgspec.structs.replace(models.single("linear").manifest, verdict="no edge", dataset="d1")
    folder = lay(Whole(manifest, models.single("linear").artefacts), tmp_path / "made")
    sealed = kept(folder, tmp_path)
    row = registered(sealed, tmp_path, store, BY)
    assert registered(kept(folder, tmp_path), tmp_path, store, BY) == row
    assert (row.model, row.verdict, row.stage, row.version) == (
        manifest.hash, "no edge", ModelStage.CANDIDATE, 1,
    )  # fmt: skip
    lineage = msgspec.json.decode(row.lineage)
    assert (lineage["dataset"], lineage["signed_by"]) == ("d1", public_key(signing_key(tmp_path)))
    assert (lineage["code"], lineage["parent"]) == (code_hash(), "")
    assert take(tmp_path, row.address, trust_of(tmp_path)) == sealed


def test_the_parent_is_the_version_before(store: MemoryStore, tmp_path: Path) -> None:
    for seed in (1, 2):
        sealed = take(tmp_path, kept_model(tmp_path, seed=seed).name, trust_of(tmp_path))
        registry.register(store, row_of(sealed, store, 1), BY)
    first, second = store.models()
    assert msgspec.json.decode(second.lineage)["parent"] == first.address
    assert first.verdict == NOT_JUDGED


def test_a_model_that_fails_its_trial_leaves_nothing(store: MemoryStore, tmp_path: Path) -> None:
    whole = models.single("linear")
    first, *rest = whole.manifest.reference
    wrong = msgspec.structs.replace(first, probabilities=(0.2, 0.2, 0.6))
    manifest = msgspec.structs.replace(whole.manifest, reference=(wrong, *rest))
    sealed = kept(lay(Whole(manifest, whole.artefacts), tmp_path / "made"), tmp_path)
    with pytest.raises(Refused, match="reference row 0"):
        registered(sealed, tmp_path, store, BY)
    assert store.models() == [] and not place_of(tmp_path, sealed.address).exists()


def test_what_a_stranger_signed_is_taken_only_when_he_is_trusted(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    folder = kept_model(theirs)
    key = public_key(signing_key(theirs))
    with pytest.raises(Refused, match="which is not trusted"):
        brought(folder, ours)
    assert brought(folder, ours, (key,)).key == key
    trust(ours, key, "they")
    assert brought(folder, ours).address == folder.name
    assert place_of(ours, folder.name).is_dir()
