"""Nothing of a model is parsed before its signature holds, and each thing that is wrong has its own line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.failures import Refused
from shared.models.seal import MANIFEST, SIGNATURE, open_sealed
from tests.fixtures.sealed_models import FILES, WRONG, sealed_folder, trust_of


def test_a_sealed_folder_opens_to_the_bytes_that_were_checked(tmp_path: Path) -> None:
    folder = sealed_folder(tmp_path / "m", tmp_path / "data")
    sealed = open_sealed(folder, trust_of(tmp_path / "data"))
    assert sealed.files == FILES
    assert sealed.address == hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    assert sealed.key in trust_of(tmp_path / "data")


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
