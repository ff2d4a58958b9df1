"""A model lies at its address whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.failures import Refused
from shared.models.seal import MANIFEST, Sealed, open_sealed
from shared.models.vault import address_at, keep, place_of, take, write_out
from tests.fixtures.sealed_models import sealed_folder, trust_of


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    data = tmp_path / "data"
    return open_sealed(sealed_folder(tmp_path / "m", data), trust_of(data))


def test_a_model_is_kept_once_and_taken_as_it_was(sealed: Sealed, tmp_path: Path) -> None:
    data = tmp_path / "data"
    folder = keep(data, sealed)
    assert keep(data, sealed) == folder == place_of(data, sealed.address)
    assert take(data, sealed.address, trust_of(data)) == sealed
    assert address_at(folder) == sealed.address and address_at(tmp_path) == ""
    assert [file.name for file in folder.parent.iterdir()] == [sealed.address]


def test_an_address_with_another_model_in_it_is_refused(sealed: Sealed, tmp_path: Path) -> None:
    data = tmp_path / "data"
    keep(data, sealed).rename(place_of(data, "0" * 64))
    with pytest.raises(Refused, match="holds another manifest"):
        take(data, "0" * 64, trust_of(data))
    with pytest.raises(Refused, match="cannot be opened"):
        take(data, sealed.address, trust_of(data))


def test_a_disk_that_fills_up_leaves_nothing_behind(
    sealed: Sealed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_out(sealed, tmp_path / "out" / "here")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_model_is_not_written_over_what_is_there(sealed: Sealed, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with pytest.raises(Refused, match="exists already"):
        write_out(sealed, tmp_path / "here")
    assert not (tmp_path / "here" / MANIFEST).exists()
