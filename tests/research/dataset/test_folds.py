"""Laws of folds: what is learnt had ended before what is tested began."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from research.dataset.examples import Times
from research.dataset.folds import Combinatorial, Fold, WalkForward, combinatorial, crossing, walk_forward
from shared.failures import Refused


@st.composite
def spans(draw: st.DrawFn) -> tuple[Times, Times]:
    """Rows in time order, several a moment, with labels of any length."""
    moments = draw(st.integers(40, 80))
    times = np.repeat(np.arange(moments, dtype=np.int64) * 10, draw(st.integers(1, 3)))
    draw_from = np.random.default_rng(draw(st.integers(0, 1_000)))
    return times, times + draw_from.integers(1, 60, len(times))


def overlap(times: Times, ends: Times, fold: Fold) -> bool:
    """By the plain meaning: two half-open spans share a time."""
    one = (times[fold.train][:, None], ends[fold.train][:, None])
    other = (times[fold.test][None], ends[fold.test][None])
    return bool(np.any((one[0] < other[1]) & (other[0] < one[1])))


@settings(max_examples=60, deadline=None)
@given(spans(), st.integers(1, 5), st.integers(0, 40))
def test_no_label_is_learnt_that_spans_a_tested_one_and_the_embargo_is_kept(
    rows: tuple[Times, Times], tests: int, embargo: int
) -> None:
    times, ends = rows
    folds = walk_forward(times, ends, WalkForward(tests=tests, embargo_ns=embargo))
    assert len(folds) == tests
    for fold in folds:
        assert not overlap(times, ends, fold)
        assert crossing(times, ends, fold) == 0
        assert ends[fold.train].max() + embargo <= times[fold.test].min()
        assert times[fold.train].max() < times[fold.test].min()


@settings(max_examples=40, deadline=None)
@given(spans(), st.integers(1, 5))
def test_every_row_is_tested_at_most_once_and_every_row_after_the_first_stretch_is(
    rows: tuple[Times, Times], tests: int
) -> None:
    times, ends = rows
    plan = WalkForward(tests=tests)
    tested = np.concatenate([fold.test for fold in walk_forward(times, ends, plan)])
    assert len(np.unique(tested)) == len(tested)
    assert np.array_equal(tested, np.arange(tested[0], len(times)))


@settings(max_examples=40, deadline=None)
@given(spans(), st.integers(4, 6), st.integers(1, 2), st.integers(0, 20))
def test_combinations_never_learn_what_touches_a_tested_group(
    rows: tuple[Times, Times], groups: int, tested: int, embargo: int
) -> None:
    times, ends = rows
    folds = combinatorial(times, ends, Combinatorial(groups, tested, embargo))
    counts = np.zeros(len(times), int)
    for fold in folds:
        counts[fold.test] += 1
        assert not overlap(times, ends, fold)
    others = {1: 1, 2: groups - 1}[tested]
    assert set(counts.tolist()) == {others}


def test_after_a_tested_group_there_is_a_pause_as_long_as_the_embargo() -> None:
    times = np.arange(60, dtype=np.int64)
    fold = combinatorial(times, times + 2, Combinatorial(3, 1, 5))[0]
    assert fold.train.min() == 19 + 2 + 5


def test_a_rolling_window_forgets_what_is_older() -> None:
    times = np.arange(100, dtype=np.int64)
    for fold in walk_forward(times, times + 1, WalkForward(tests=3, window_ns=20)):
        assert len(fold.train) == 20
        assert times[fold.train].min() == times[fold.test].min() - 20


def test_crossing_counts_the_labels_that_overlap() -> None:
    times = np.arange(10, dtype=np.int64)
    fold = Fold(np.arange(5), np.arange(5, 10))
    assert crossing(times, times + 1, fold) == 0
    assert crossing(times, times + 3, fold) == 2


def test_a_history_that_is_too_short_is_refused() -> None:
    times = np.arange(4, dtype=np.int64)
    with pytest.raises(Refused, match="more moments"):
        walk_forward(times, times + 1, WalkForward(tests=5))
    with pytest.raises(Refused, match="learn from"):
        walk_forward(times, times + 99, WalkForward(tests=1))
    with pytest.raises(Refused, match="more moments"):
        combinatorial(times, times + 1, Combinatorial(6, 2))
    with pytest.raises(Refused, match="between 1 and"):
        combinatorial(times, times + 1, Combinatorial(3, 3))


def test_the_same_rows_give_the_same_folds() -> None:
    times = np.arange(90, dtype=np.int64)
    one, two = (walk_forward(times, times + 4, WalkForward(tests=4, embargo_ns=2)) for _ in range(2))
    for first, second in zip(one, two, strict=True):
        assert np.array_equal(first.train, second.train)
        assert np.array_equal(first.test, second.test)
