from __future__ import annotations

from pathlib import Path

import pytest

from shared.failures import Refused
from tapeline.servers.sockets import make_socket_folder, remove_socket_folder, socket_folder


def test_the_path_is_short_however_deep_the_data_lies() -> None:
    folder = socket_folder(Path("/very" * 40), {})
    assert len(str(folder / "pg" / ".s.PGSQL.5432")) < 100


def test_two_data_folders_have_two_socket_folders() -> None:
    assert socket_folder(Path("/a"), {}) != socket_folder(Path("/b"), {})


def test_leftovers_are_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    make_socket_folder(folder)
    (folder / "old.sock").write_text("")
    make_socket_folder(folder)
    assert list(folder.iterdir()) == []
    remove_socket_folder(folder)
    assert not folder.exists()
    remove_socket_folder(folder)


def test_nobody_else_can_look_inside(tmp_path: Path) -> None:
    make_socket_folder(tmp_path / "s")
    assert (tmp_path / "s").stat().st_mode & 0o066 == 0


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "s").symlink_to(tmp_path / "precious")
    with pytest.raises(Refused, match="belongs to somebody else"):
        make_socket_folder(tmp_path / "s")
