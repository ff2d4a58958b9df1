"""A set of models is taken in whole: each is tried, what fails is told, and nobody waits for it in vain."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec

from research.enrolling import enrol
from research.registering import borrowed, brought, kept
from shared.models.keys import public_key, signing_key
from shared.models.registry import By
from shared.models.seal import open_sealed
from shared.models.stages import ModelStage
from shared.store.memory import MemoryStore
from tests.fixtures import models
from tests.fixtures.models import Whole
from tests.fixtures.sealed_models import trust_of
from tests.fixtures.signed import kept_model, lay

BY = By("ops", 7)


def made(folder: Path, name: str, **terms: object) -> Path:
    whole = models.single("linear")
    return lay(Whole(msgspec.structs.replace(whole.manifest, name=name, **terms), whole.artefacts), folder)


def test_good_ones_are_listed_bad_ones_are_told_and_known_ones_are_left_alone(tmp_path: Path) -> None:
    store, take = MemoryStore(), partial(kept, data=tmp_path)
    first, second = made(tmp_path / "set/a/1d", "a-1d"), made(tmp_path / "set/b/1d", "b-1d", sector="Energy")
    (row,) = (one.row for one in enrol([first], take, tmp_path, store, BY))
    reference = models.single("linear").manifest.reference
    lying = msgspec.structs.replace(reference[0], probabilities=(0.2, 0.2, 0.6))
    wrong = made(tmp_path / "set/c/1d", "c-1d", reference=(lying, *reference[1:]))
    told = list(enrol([first, wrong, second], take, tmp_path, store, BY))
    assert [one.folder for one in told] == [first, wrong, second]
    assert (told[0].row, told[0].known) == (row, True)
    assert told[1].row is None and "reference row 0" in told[1].refusal
    assert told[2].row is not None and (told[2].known, told[2].row.stage) == (False, ModelStage.CANDIDATE)
    assert [one.name for one in store.models()] == ["a-1d", "b-1d"]


def test_what_nobody_vouches_for_is_told_for_each(tmp_path: Path) -> None:
    folders = [made(tmp_path / "set" / name, name) for name in ("x", "y")]
    told = list(enrol(folders, partial(brought, data=tmp_path), tmp_path, MemoryStore(), BY))
    assert ["is not signed" in one.refusal for one in told] == [True, True]


def test_a_borrowed_model_is_the_same_under_the_key_of_its_new_place(tmp_path: Path) -> None:
    theirs, own = tmp_path / "desk", tmp_path / "desk" / "replay"
    folder = kept_model(theirs)
    sealed = borrowed(folder, trust_of(theirs), own)
    assert sealed.address == folder.name and sealed.key == public_key(signing_key(own))
    assert open_sealed(own / "models" / sealed.address, trust_of(own)).files == sealed.files
