"""Every source file has a test file of its own, in the same place of a tree that mirrors the sources."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pytest

from tests.fixtures.house import ROOT, sources

WIRING: Final = {"__init__.py", "__main__.py"}
# Files that another test file covers better than their own could; a pattern may name several.
COVERED_BY: Final[dict[str, str]] = {
    "shared/failures.py": "tests/shared/test_codec.py",
    "shared/processor.py": "tests/shared/test_streams.py",
}


def expected_test(source: Path) -> Path:
    """The test file that a source file wants."""
    for pattern, test in COVERED_BY.items():
        if fnmatch(str(source), pattern):
            return Path(test)
    return Path("tests", source.parent, f"test_{source.name}")


def test_every_source_file_has_a_test_file() -> None:
    files = [file for file in sources() if file.name not in WIRING and "migrations" not in file.parts]
    missing = [
        f"{file} wants {expected_test(file)}" for file in files if not (ROOT / expected_test(file)).is_file()
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("pattern", sorted(COVERED_BY))
def test_an_exception_names_a_file_that_exists(pattern: str) -> None:
    assert [file for file in sources() if fnmatch(str(file), pattern)]


def test_test_folders_are_no_packages() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
