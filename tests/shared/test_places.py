from __future__ import annotations

from pathlib import Path

from shared.places import data_folder
from shared.settings import Settings


def test_the_folder_that_was_asked_for_is_taken(tmp_path: Path) -> None:
    assert data_folder(Settings(data=str(tmp_path)), {"XDG_DATA_HOME": "/elsewhere"}) == tmp_path


def test_the_platform_decides_when_nobody_says() -> None:
    assert data_folder(Settings(), {"XDG_DATA_HOME": "/x"}) == Path("/x/tapeline")
    assert data_folder(Settings(), {"HOME": "/h"}).is_relative_to("/h")
