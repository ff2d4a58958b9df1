"""Processes are shared out, watched, started again, and stopped without a remainder."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from random import Random

import pytest

from research.replay.fleet import LINE, Fleet, Post, posts_for
from shared.failures import Refused
from tests.fixtures.house import ROOT

BROKEN = {**os.environ, "PYTHONPATH": str(ROOT), "TAPELINE_RUNN": "no such setting"}


def test_one_worker_a_service_unless_more_are_asked_for() -> None:
    assert [post.name for post in posts_for(1, 3)] == list(LINE)


def test_more_workers_share_partitions_but_an_account_has_one() -> None:
    counts = {post.service: post.workers for post in posts_for(3, 2)}
    assert counts["features"] == counts["inference"] == 3
    assert counts["risk"] == counts["venue"] == counts["ledger"] == 2
    assert counts["ingest"] == 1


def test_a_service_that_nobody_runs_cannot_be_killed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no service 'nobody'"):
        Fleet([Post("risk", 0, 1)], {}, tmp_path).kill("nobody", Random(1))


def tend(fleet: Fleet) -> None:
    """Watches for at most half a minute."""
    for _ in range(600):
        fleet.tend()
        time.sleep(0.05)


def test_a_user_s_mistake_ends_the_run_with_what_the_service_said(tmp_path: Path) -> None:
    fleet = Fleet([Post("ledger", 0, 1)], BROKEN, tmp_path)
    fleet.start()
    try:
        with pytest.raises(Refused, match=r"ledger ended with code 3: .*TAPELINE_RUNN"):
            tend(fleet)
        assert re.fullmatch(r"ledger is gone: .*TAPELINE_RUNN.*", fleet.last_words())
    finally:
        fleet.stop()


def test_a_bench_may_run_a_service_from_another_module_and_knows_its_process(tmp_path: Path) -> None:
    fleet = Fleet([Post("ledger", 0, 1)], {**os.environ}, tmp_path, lambda post: ("timeit", post.service))
    fleet.start()
    try:
        assert Path(f"/proc/{fleet.pids()['ledger']}").exists()
    finally:
        fleet.stop()
