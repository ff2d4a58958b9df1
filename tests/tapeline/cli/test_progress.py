"""Progress never reaches stdout, and away from a terminal it is silent."""

from __future__ import annotations

import pytest

from tapeline.cli.progress import counted


def test_every_result_is_given_once_and_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(counted(iter(["a", "b"]), 2, "compiling")) == ["a", "b"]
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
