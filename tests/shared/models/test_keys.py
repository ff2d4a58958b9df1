"""The key that signs is private from its first moment, and trust is a list that people can read."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.failures import Refused
from shared.models.keys import FOLDER, PRIVATE, TRUSTED, public_key, signing_key, trust, trusted_keys

OTHER = "ab" * 32


def test_a_data_folder_makes_one_key_and_keeps_it_to_itself(tmp_path: Path) -> None:
    first, again = signing_key(tmp_path), signing_key(tmp_path)
    assert public_key(first) == public_key(again) != public_key(signing_key(tmp_path / "b"))
    assert stat.S_IMODE((tmp_path / FOLDER / PRIVATE).stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / FOLDER).iterdir()] == [PRIVATE]


def test_a_key_that_others_can_read_signs_nothing(tmp_path: Path) -> None:
    signing_key(tmp_path)
    (tmp_path / FOLDER / PRIVATE).chmod(0o640)
    with pytest.raises(Refused, match="can be read by others; `chmod 600`"):
        signing_key(tmp_path)


def test_a_file_without_a_key_is_refused(tmp_path: Path) -> None:
    signing_key(tmp_path)
    (tmp_path / FOLDER / PRIVATE).write_text("secret")
    with pytest.raises(Refused, match="64 hexadecimal digits"):
        signing_key(tmp_path)


def test_trusted_are_our_own_key_those_listed_and_those_set(tmp_path: Path) -> None:
    assert trusted_keys(tmp_path) == frozenset()
    own = public_key(signing_key(tmp_path))
    for _ in range(2):
        trust(tmp_path, OTHER, "the desk\nnext door")
    (tmp_path / FOLDER / TRUSTED).write_text(
        "# who may vouch\n\n" + (tmp_path / FOLDER / TRUSTED).read_text()
    )
    assert trusted_keys(tmp_path, ["cd" * 32, ""]) == {own, OTHER, "cd" * 32}
    assert (tmp_path / FOLDER / TRUSTED).read_text().splitlines()[2:] == [f"{OTHER} the desk next door"]


def test_what_is_no_key_is_not_trusted(tmp_path: Path) -> None:
    for wrong in ("", "AB" * 32, "ab" * 31, "zz" * 32):
        with pytest.raises(Refused, match="is no public key"):
            trust(tmp_path, wrong, "")


def test_threads_that_want_the_first_key_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as hands:
        made = set(hands.map(lambda _: public_key(signing_key(tmp_path)), range(32)))
    assert len(made) == 1 and [file.name for file in (tmp_path / "keys").iterdir()] == ["models.key"]
