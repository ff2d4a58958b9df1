from __future__ import annotations

import socket
from pathlib import Path

from shared.settings import Settings
from tapeline.desk import checks as c


def test_an_old_python_is_refused_with_a_mend() -> None:
    assert c.python_is_new_enough((3, 10, 4)).refusal() == "python: 3.10.4; install Python 3.11 or newer"
    assert c.python_is_new_enough((3, 11, 0)).good


def test_a_full_disk_is_refused(tmp_path: Path) -> None:
    assert not c.disk_has_room(tmp_path / "new" / "folder", wanted_mb=10**9).good
    assert c.disk_has_room(tmp_path, wanted_mb=0).good


def test_little_memory_is_refused(tmp_path: Path) -> None:
    info = tmp_path / "meminfo"
    info.write_text("MemTotal: 9000000 kB\nMemAvailable: 200000 kB\n")
    assert not c.memory_has_room(info).good


def test_a_taken_port_is_refused_and_port_0_never_is() -> None:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        line.listen()
        taken = c.gateway_port_is_free("127.0.0.1", line.getsockname()[1])
    assert "is taken" in taken.refusal()
    assert c.gateway_port_is_free("127.0.0.1", 0).good


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not c.folder_is_ours(tmp_path / "file" / "data").good


def test_a_redis_of_somebody_else_needs_no_program() -> None:
    assert c.redis_is_here("redis://host", {"PATH": ""}).good


def test_this_machine_is_asked_about_everything(tmp_path: Path) -> None:
    names = [check.name for check in c.checks(tmp_path, Settings(), {"PATH": ""}, own_port=False)]
    assert names == ["python", "packages", "data folder", "disk", "memory", "redis", "postgres", "gateway"]
