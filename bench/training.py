"""One ensemble and its stack, trained by our recipe and by the libraries' own settings in the same run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.measure import Figure, figure
from research.families.ensemble import teach
from research.members.catalogue import MEMBERS, META
from research.members.lesson import Lesson, lesson_of
from research.scores.classes import log_loss_of
from research.training.course import Course, Terms
from research.training.reference import ANSWERS
from research.training.workshop import Task, Workshop

ROWS, TESTED, FEATURES = 50_000, 20_000, 40
STEP_NS = 1_000_000_000
WORSE = 0.0005
Floats = npt.NDArray[np.float64]


def measure(folder: Path) -> list[Figure]:
    """Each member beside its library's defaults, then the whole ensemble once and with its stack."""
    values, classes = rows_like_a_market(ROWS + TESTED)
    told = lesson_of(values[:ROWS], classes[:ROWS], seed=1)
    tested, came = values[ROWS:], classes[ROWS:]
    figures = []
    for rule in MEMBERS:
        seconds, content = _timed(partial(rule.fit, told, rule.usual))
        ours = _surprise(ANSWERS[rule.kind](content, tested.astype(np.float64)), came)
        theirs_s, said = _timed(partial(DEFAULTS[rule.name], told, tested))
        wanted = _surprise(said, came)
        about = f"log-loss {ours:.5f}; the library's defaults {wanted:.5f} in {theirs_s:.2f} s"
        name = f"fit of {rule.name}, {ROWS:,} × {FEATURES}, one thread"
        figures.append(figure(name, "s", [seconds], f"log-loss ≤ defaults + {WORSE}", about))
    return [*figures, *_ensembles(told, tested, came)]


def rows_like_a_market(rows: int, seed: int = 0) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int8]]:
    """Little to know and much noise: straight lines, products and steps, told through three classes."""
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((rows, FEATURES)).astype(np.float32)
    up = 0.25 * x[:, 0] + 0.15 * (x[:, 1] - x[:, 2]) + 0.35 * x[:, 3] * x[:, 4]
    up += 0.3 * np.sign(x[:, 5]) * np.abs(x[:, 6]) + 0.25 * np.where(x[:, 7] > 0.5, x[:, 8], 0.0)
    wide = 0.3 * np.abs(x[:, 9]) + 0.3 * (x[:, 10] > 0.8) + 0.2 * x[:, 11]
    sums = 0.45 * np.stack([0.5 * wide - up, -0.5 * wide, 0.5 * wide + up], axis=1)
    return x, (sums + draw.gumbel(size=sums.shape)).argmax(axis=1).astype(np.int8)


def _ensembles(told: Lesson, tested: npt.NDArray[np.float32], came: npt.NDArray[np.int8]) -> list[Figure]:
    cores = os.cpu_count() or 1
    tasks = [Task(rule, told, rule.usual) for rule in MEMBERS]
    seconds, contents = _timed(lambda: Workshop(cores).fit(tasks))
    said = np.stack(
        [
            ANSWERS[rule.kind](content, tested.astype(np.float64))
            for rule, content in zip(MEMBERS, contents, strict=True)
        ],
        axis=1,
    )
    half = len(came) // 2
    heard = said.reshape(len(said), -1).astype(np.float32)
    meta_s, _ = _timed(lambda: META.fit(lesson_of(heard[:half], came[:half]), META.usual))
    once = figure(
        f"five members and a meta-learner once, {cores} cores", "s", [seconds + meta_s], "≤ 8", "one fit each"
    )
    course = course_of(told)
    whole_s, made = _timed(lambda: teach(course, Workshop(cores)))
    surprise = _surprise(made.answers(course.names, tested.astype(np.float64)), came)
    mean = _surprise(said.mean(axis=1), came)
    about = f"log-loss {surprise:.5f}, the mean of the members {mean:.5f}"
    return [once, figure(f"the same with a stack of 3 tests, {cores} cores", "s", [whole_s], "≤ 26", about)]


def course_of(told: Lesson) -> Course:
    """The lesson as a walk through time: twenty instruments, three tests."""
    times = np.arange(len(told)) // 20 * STEP_NS
    cuts = tuple(int(times[int(len(told) * share)]) for share in (0.4, 0.6, 0.8))
    names = tuple(f"feature_{place}" for place in range(FEATURES))
    instruments = (np.arange(len(told)) % 20).astype(np.int32)
    terms = Terms(cuts_ns=cuts, embargo_ns=STEP_NS, seed=1)
    return Course(names, told.values, told.classes, times, times + STEP_NS, instruments, terms)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    made = work()
    return time.perf_counter() - started, made


def _surprise(said: Floats, came: npt.NDArray[np.int8]) -> float:
    return log_loss_of(said, came)(np.ones(len(came)))


def _lightgbm(told: Lesson, tested: npt.NDArray[np.float32]) -> Floats:
    import lightgbm

    settings = {"objective": "multiclass", "num_class": 3, "num_threads": 1, "verbosity": -1}
    model = lightgbm.train(settings, lightgbm.Dataset(told.values, told.classes))
    return np.asarray(model.predict(tested, num_threads=1), np.float64)


def _xgboost(told: Lesson, tested: npt.NDArray[np.float32]) -> Floats:
    import xgboost

    settings = {"objective": "multi:softprob", "num_class": 3, "nthread": 1}
    model = xgboost.train(settings, xgboost.DMatrix(told.values, told.classes), num_boost_round=100)
    return np.asarray(model.predict(xgboost.DMatrix(tested)), np.float64)


def _gblinear(told: Lesson, tested: npt.NDArray[np.float32]) -> Floats:
    import xgboost

    settings = {"objective": "multi:softprob", "num_class": 3, "nthread": 1, "booster": "gblinear"}
    model = xgboost.train(settings, xgboost.DMatrix(told.values, told.classes), num_boost_round=100)
    return np.asarray(model.predict(xgboost.DMatrix(tested)), np.float64)


def _catboost(told: Lesson, tested: npt.NDArray[np.float32]) -> Floats:
    import catboost

    settings = {"loss_function": "MultiClass", "thread_count": 1, "logging_level": "Silent"}
    model = catboost.CatBoost({**settings, "allow_writing_files": False})
    model.fit(catboost.Pool(told.values, told.classes))
    return np.asarray(model.predict(tested, prediction_type="Probability", thread_count=1), np.float64)


def _forest(told: Lesson, tested: npt.NDArray[np.float32]) -> Floats:
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(random_state=1, n_jobs=1).fit(told.values, told.classes)
    return np.asarray(model.predict_proba(tested), np.float64)


DEFAULTS: dict[str, Callable[[Lesson, npt.NDArray[np.float32]], Floats]] = {
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "linear": _gblinear,
    "catboost": _catboost,
    "forest": _forest,
}
"""Each member's library as it comes: 100 rounds of boosting, 1,000 of CatBoost, 100 whole trees."""
