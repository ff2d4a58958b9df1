from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.failures import Refused
from tapeline.servers.cluster import plain_environment, prepared


def test_data_of_a_postgres_that_is_gone_is_never_started_with_another(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("9\n")
    if os.getuid() == 0:
        for parent in (tmp_path, *tmp_path.parents[:3]):
            parent.chmod(0o755)
    with pytest.raises(Refused, match="was made by Postgres 9, which is gone; install one"):
        prepared(tmp_path, {"PATH": ""})


def test_the_users_own_postgres_settings_do_not_reach_ours() -> None:
    assert not [name for name in plain_environment() if name.startswith("PG")]
