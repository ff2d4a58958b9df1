"""The watch looks now and then, one look at a time, and passes on what it hears."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any

from research.watch.gauges import Gauges
from research.watch.loop import FIRST_S, LIMIT_S, LOOK, WHY, Errand, Watch
from research.watch.told import Shown, Told, lines, read
from shared.metrics import Metrics


class Lines:
    """A log that remembers."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.said.append(("info", event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.said.append(("error", event, fields))


LOUD = Told(
    model="toy@1",
    level="alarm",
    measures=(
        Shown(kind="feature psi", name="a", value=0.4, low=0.4, high=0.4, level="alarm"),
        Shown(kind="feature ks", name="a", value=0.3, low=0.3, high=0.3, level="alarm"),
        Shown(kind="answer psi", name="p(buy)", value=0.5, low=0.5, high=0.5, level="watch"),
        Shown(kind="rank ic", name="", value=0.01, low=-0.1, high=None, level="calm"),
        Shown(kind="calibration", name="", value=0.02, low=0.01, high=0.03, level="calm"),
        Shown(kind="loss", name="changes", value=2.0, low=2.0, high=2.0, level="watch"),
    ),
    raised=("feature psi a",),
)


def says(text: str, code: int = 0) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit({code})")


def sleeps() -> tuple[str, ...]:
    return (sys.executable, "-c", "import time; time.sleep(600)")


def start(words: Sequence[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT)


def watch(words: Sequence[str]) -> tuple[Watch, Metrics, Lines, list[int]]:
    metrics, log, started = Metrics("watch"), Lines(), list[int]()

    def counted(what: Sequence[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
        child = start(what, said)
        started.append(child.pid)
        if "time.sleep" not in what[-1]:
            child.wait()
        return child

    return Watch(Gauges(metrics, log), 100.0, counted, Errand(tuple(words), "a child")), metrics, log, started  # type: ignore[arg-type]


def test_a_look_comes_after_a_pause_and_the_next_after_another() -> None:
    made, metrics, log, started = watch(says(lines([LOUD])))
    for now_s in (0.0, FIRST_S - 1, FIRST_S, FIRST_S + 1, FIRST_S + 100, FIRST_S + 101, FIRST_S + 102):
        made.turn(now_s)
    assert len(started) == 2
    text = metrics.text().decode()
    assert 'tapeline_model_psi_max{model="toy@1",service="watch"} 0.5' in text
    assert 'tapeline_model_features_drifted{model="toy@1",service="watch"} 1.0' in text
    assert 'tapeline_model_rank_ic{bound="low",model="toy@1",service="watch"} -0.1' in text
    assert 'tapeline_model_rank_ic{bound="high",model="toy@1",service="watch"} NaN' in text
    assert 'tapeline_model_calibration_error{model="toy@1",service="watch"} 0.02' in text
    assert 'tapeline_model_loss_changes{model="toy@1",service="watch"} 2.0' in text
    assert 'tapeline_model_level{model="toy@1",service="watch"} 2.0' in text
    assert ("error", "model.alarm", {"model": "toy@1", "measure": "feature psi a", "value": 0.4}) in log.said


def test_a_look_that_fails_is_said_aloud() -> None:
    for words in (says("no record\n", 1), says("{}\n")):
        made, metrics, log, _ = watch(words)
        for now_s in (0.0, FIRST_S, FIRST_S + 1):
            made.turn(now_s)
        assert [event for _, event, _ in log.said] == ["models.not_looked_at"]
        assert 'tapeline_model_looks_total{outcome="failed",service="watch"} 1.0' in metrics.text().decode()


def test_a_look_that_hangs_is_ended_and_none_runs_beside_it() -> None:
    made, _, log, started = watch(sleeps())
    for now_s in (0.0, FIRST_S, FIRST_S + 50, FIRST_S + LIMIT_S - 1):
        made.turn(now_s)
    assert (len(started), log.said) == (1, [])
    made.turn(FIRST_S + LIMIT_S)
    assert "longer than" in log.said[0][2]["reason"]
    made.stop()


def test_what_cannot_be_measured_keeps_its_reason() -> None:
    told = Told(model="toy@1", silent="nothing recorded yet")
    assert read(f"a warning\n{lines([told, LOUD])}") == [told, LOUD]
    made, _, log, _ = watch(says(lines([told])))
    for now_s in (0.0, FIRST_S, FIRST_S + 1):
        made.turn(now_s)
    assert log.said == [("info", "model.not_measured", {"model": "toy@1", "reason": "nothing recorded yet"})]


def test_a_failure_is_told_by_the_name_of_its_errand_and_no_pause_means_never() -> None:
    made, _, log, started = watch(says("no such table", code=3))
    for now_s in (0.0, FIRST_S, FIRST_S + 1):
        made.turn(now_s)
    assert log.said[-1][2]["reason"] == "a child ended with code 3: no such table"
    never = Watch(Gauges(Metrics("watch"), Lines()), 0.0, start)  # type: ignore[arg-type]
    for now_s in (0.0, 1e9):
        never.turn(now_s)
    assert len(started) == 1
    assert (WHY[-1], LOOK[-1]) == ("research.watch.why", "research.watch.look")
