"""NautilusTrader is found by what the user says or where CONTRIBUTING.md puts it, else left out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.nautilus import asked, nautilus_python


def test_what_the_user_says_goes_first(tmp_path: Path) -> None:
    assert nautilus_python({"BENCH_NAUTILUS": sys.executable}, tmp_path) == Path(sys.executable)


def test_a_folder_without_it_has_none(tmp_path: Path) -> None:
    assert nautilus_python({}, tmp_path) is None
    place = tmp_path / ".bench" / "nautilus" / "bin"
    place.mkdir(parents=True)
    (place / "python").touch()
    assert nautilus_python({}, tmp_path) == place / "python"


def test_a_script_that_breaks_says_why(tmp_path: Path) -> None:
    script = tmp_path / "breaks.py"
    script.write_text("raise SystemExit('no such module')", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"breaks\.py: no such module"):
        asked(Path(sys.executable), script)
