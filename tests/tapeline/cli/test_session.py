from __future__ import annotations

from pathlib import Path

import pytest

from tapeline.cli.outcome import Unreachable
from tapeline.cli.session import session


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAPELINE_DB", raising=False)


def test_only_flags_that_were_given_count(tmp_path: Path) -> None:
    made = session(None, data=tmp_path, market__seed=9, market__speed=None)
    assert made.flags == {"data": str(tmp_path), "market.seed": 9}
    assert (made.settings.market.seed, made.data) == (9, tmp_path)


def test_without_a_desk_and_an_address_there_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="start one with `tapeline up`"):
        session(None, data=tmp_path).db()


def test_an_address_is_taken_before_the_desks_own(tmp_path: Path) -> None:
    assert session(None, data=tmp_path, db="postgresql://x").db() == "postgresql://x"
