"""Alarms that do not flicker."""

import math

from hypothesis import given
from hypothesis import strategies as st

from research.drift.levels import ORDER, Level, Limits, level

LIMITS = Limits(watch=0.1, alarm=0.25, back=0.8)


def test_a_measure_rises_at_its_limits() -> None:
    assert level(0.09, Level.CALM, LIMITS) is Level.CALM
    assert level(0.10, Level.CALM, LIMITS) is Level.WATCH
    assert level(0.25, Level.CALM, LIMITS) is Level.ALARM


def test_an_alarm_stays_until_the_measure_is_well_below_its_limit() -> None:
    assert level(0.21, Level.ALARM, LIMITS) is Level.ALARM
    assert level(0.19, Level.ALARM, LIMITS) is Level.WATCH
    assert level(0.09, Level.WATCH, LIMITS) is Level.WATCH
    assert level(0.07, Level.WATCH, LIMITS) is Level.CALM


def test_what_cannot_be_measured_is_an_alarm() -> None:
    assert level(math.nan, Level.CALM, LIMITS) is Level.ALARM


@given(st.floats(0.0, 1.0), st.sampled_from(ORDER))
def test_the_same_measure_twice_says_the_same_twice(measure: float, before: Level) -> None:
    once = level(measure, before, LIMITS)
    assert level(measure, once, LIMITS) is once


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.sampled_from(ORDER))
def test_a_larger_measure_is_never_quieter(one: float, other: float, before: Level) -> None:
    low, high = sorted((one, other))
    quiet, loud = level(low, before, LIMITS), level(high, before, LIMITS)
    assert ORDER.index(quiet) <= ORDER.index(loud)
