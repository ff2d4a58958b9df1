"""A model is used only if its files are those meant and it answers as its libraries did."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from services.inference import manifest as manifests
from services.inference.model import verify
from shared.failures import Refused
from tests.fixtures import models
from tests.fixtures.signed import lay, loaded


@pytest.mark.parametrize("kind", models.KINDS)
def test_a_model_of_every_kind_is_loaded_from_its_folder(kind: str, tmp_path: Path) -> None:
    whole = models.single(kind)
    assert loaded(lay(whole, tmp_path / "made"), tmp_path).hash == whole.manifest.hash


def test_a_stack_is_loaded_and_another_hash_is_another_model(tmp_path: Path) -> None:
    whole = models.stacked()
    model = loaded(lay(whole, tmp_path / "made"), tmp_path)
    assert model.manifest == whole.manifest
    assert msgspec.structs.replace(whole.manifest, seed=9).hash != model.hash


def test_a_changed_artefact_is_refused_before_it_is_read() -> None:
    whole = models.stacked()
    with pytest.raises(Refused, match=r"forest\.bin has sha256"):
        verify(manifests.encode(whole.manifest), {**whole.artefacts, "forest.bin": b"anything"})
    with pytest.raises(Refused, match=r"lacks its file meta\.bin"):
        verify(
            manifests.encode(whole.manifest), {k: v for k, v in whole.artefacts.items() if k != "meta.bin"}
        )


def test_a_model_that_answers_otherwise_than_its_libraries_is_refused() -> None:
    whole = models.stacked()
    first, *rest = whole.manifest.reference
    for wrong in (
        msgspec.structs.replace(first, probabilities=(0.2, 0.2, 0.6)),
        msgspec.structs.replace(first, members=((0.2, 0.2, 0.6), *first.members[1:])),
    ):
        manifest = msgspec.structs.replace(whole.manifest, reference=(*rest, wrong))
        with pytest.raises(Refused, match="reference row 15"):
            verify(manifests.encode(manifest), whole.artefacts)


def test_a_member_of_other_features_is_refused() -> None:
    whole = models.single("lightgbm")
    manifest = msgspec.structs.replace(
        whole.manifest, members=(msgspec.structs.replace(whole.manifest.members[0], columns=(0, 1)),)
    )
    with pytest.raises(Refused, match="member lightgbm reads 6 features, its manifest says 2"):
        verify(manifests.encode(manifest), whole.artefacts)


def test_a_missing_model_is_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="tapeline train"):
        loaded(tmp_path, tmp_path)
