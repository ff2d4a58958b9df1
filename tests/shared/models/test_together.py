"""A list of models is found again under the hash of what it says, and means nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.failures import Refused
from shared.models.seal import MANIFEST
from shared.models.together import SUFFIX, folders_of, keep_together

ONE, TWO = "a" * 64, "b" * 64


def test_one_model_is_its_folder_and_several_are_a_list_beside_theirs(tmp_path: Path) -> None:
    models = tmp_path / "models"
    assert keep_together(tmp_path, [ONE]) == models / ONE
    file = keep_together(tmp_path, [TWO, ONE])
    assert folders_of(file) == [models / TWO, models / ONE]
    assert keep_together(tmp_path, [TWO, ONE]) == file != keep_together(tmp_path, [ONE, TWO])
    assert sorted(models.iterdir()) == sorted([file, keep_together(tmp_path, [ONE, TWO])])


def test_a_list_that_was_changed_is_refused(tmp_path: Path) -> None:
    file = keep_together(tmp_path, [ONE, TWO])
    file.write_text(f"{ONE}\n", encoding="ascii")
    with pytest.raises(Refused, match="not the one that its name says"):
        folders_of(file)


def test_a_list_names_nothing_but_addresses(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"names '\.\./elsewhere', which is no address"):
        folders_of(keep_together(tmp_path, ["../elsewhere", ONE]))


def test_a_folder_means_its_own_model_or_those_two_levels_below_or_none(tmp_path: Path) -> None:
    assert folders_of(tmp_path) == folders_of(tmp_path / f"{ONE}{SUFFIX}") == []
    for place in ("energy/1d", "energy/5d"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / MANIFEST).touch()
    assert folders_of(tmp_path) == [tmp_path / "energy" / "1d", tmp_path / "energy" / "5d"]
    (tmp_path / MANIFEST).touch()
    assert folders_of(tmp_path) == [tmp_path]
