"""Nothing of a model is parsed before its signature holds, and each thing that is wrong has its own line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.failures import Refused
from shared.models.keys import signing_key
from shared.models.seal import MANIFEST, SIGNATURE, open_sealed, vouch
from shared.models.vault import keep
from tests.fixtures.sealed_models import FILES, WRONG, sealed_folder, trust_of


def test_a_sealed_folder_opens_to_the_bytes_that_were_checked(tmp_path: Path) -> None:
    folder = sealed_folder(tmp_path / "m", tmp_path / "data")
    sealed = open_sealed(folder, trust_of(tmp_path / "data"))
    assert sealed.files == FILES
    assert sealed.address == hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    assert sealed.key in trust_of(tmp_path / "data")


def test_who_vouches_signs_what_the_manifest_names_and_leaves_the_rest_behind(tmp_path: Path) -> None:
    data = tmp_path / "data"
    folder = sealed_folder(tmp_path / "m", tmp_path / "other")
    (folder / "report.html").write_text("how it went")
    before = sorted(file.name for file in folder.iterdir())
    sealed = vouch(folder, signing_key(data))
    assert sealed.files == FILES and sealed.key in trust_of(data)
    assert sorted(file.name for file in folder.iterdir()) == before
    kept = keep(data, sealed)
    assert open_sealed(kept, trust_of(data)) == sealed
    (folder / "trees.txt").write_bytes(b"other")
    with pytest.raises(Refused, match=r"trees\.txt has sha256"):
        vouch(folder, signing_key(data))


@pytest.mark.parametrize(("damage", "said"), WRONG, ids=[damage.__name__ for damage, _ in WRONG])
def test_what_is_wrong_is_one_line(damage: Callable[[Path, Path], None], said: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    folder = sealed_folder(tmp_path / "m", data)
    damage(folder, data)
    with pytest.raises(Refused, match=said) as refused:
        open_sealed(folder, trust_of(data))
    assert "\n" not in str(refused.value)


@given(st.data())
def test_no_changed_byte_of_manifest_or_signature_is_taken(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Any one bit of either file; white space at the signature's end is the only thing that may differ."""
    place = tmp_path_factory.mktemp("bits")
    folder = sealed_folder(place / "m", place / "data")
    file = folder / data.draw(st.sampled_from([MANIFEST, SIGNATURE]))
    content = bytearray(file.read_bytes().rstrip(b"\n"))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    file.write_bytes(content)
    with pytest.raises(Refused):
        open_sealed(folder, trust_of(place / "data"))
