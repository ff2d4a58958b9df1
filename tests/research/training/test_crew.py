"""A worker that dies costs its own set: the others are made, and nobody waits for ever or stays behind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from research.training.crew import Crew
from research.training.sets import Begun, Done, Name
from shared.failures import Refused
from tests.fixtures.crews import answering, refusing, sleeping


def names(*sectors: str) -> list[Name]:
    return [Name(sector, "1d") for sector in sectors]


def done(crew: Crew, wanted: Sequence[Name]) -> dict[str, str]:
    """What was said of each set, once each."""
    answers = [one for one in crew.make(wanted) if isinstance(one, Done)]
    assert sorted(one.name for one in answers) == sorted(wanted)
    return {one.name.sector: one.refusal for one in answers}


def test_workers_share_the_sets_and_each_is_begun_before_it_is_done() -> None:
    told = list(Crew(answering, 2).make(names("a", "b", "c", "d")))
    for name in names("a", "b", "c", "d"):
        places = [place for place, one in enumerate(told) if one.name == name]
        assert [type(told[place]) for place in places] == [Begun, Done]
    assert len({one.refusal for one in told if isinstance(one, Done)}) <= 2


@pytest.mark.parametrize("size", [1, 3])
def test_a_dead_worker_is_one_line_that_says_how_it_died(size: int) -> None:
    said = done(Crew(answering, size), names("a", "killed", "b", "broken", "c", "ended", "d"))
    assert "was killed" in said["killed"]
    assert "memory" in said["killed"]
    assert "SIGSEGV" in said["broken"]
    assert "code 3" in said["ended"]
    assert all(said[one].isdigit() for one in "abcd")


def test_what_no_worker_can_begin_is_refused_once() -> None:
    with pytest.raises(Refused, match="the lake is no more"):
        list(Crew(refusing, 2).make(names("a", "b", "c")))


def test_whoever_stops_asking_leaves_no_worker_behind(tmp_path: Path) -> None:
    crew = Crew(partial(sleeping, str(tmp_path)), 2)
    told = crew.make(names("a", "b"))
    assert [next(told), next(told)] == [Begun(one) for one in names("a", "b")]
    workers = [one.process for one in crew.busy.values()]
    told.close()
    assert len(workers) == 2
    assert not any(one.is_alive() for one in workers)
    for one in workers:
        assert one.pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(one.pid, 0)
