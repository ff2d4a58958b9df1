"""Every member learns what is there, repeats itself bit by bit, heeds weights, and is served as it learnt."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from research.members import ridge
from research.members.card import check_card
from research.members.catalogue import BY_NAME, MEMBERS, META
from research.members.lesson import Lesson, MemberRule, doubting
from research.scores.classes import log_loss_of
from research.training.made import Made, Piece
from research.training.reference import ANSWERS
from shared.failures import Refused
from tests.fixtures.courses import lesson, signal_rows

ALL = (*MEMBERS, META, ridge.RIDGE)
NAMES = tuple(f"feature_{place}" for place in range(6))
SMALL = {"rounds": 20, "trees": 10}


def usual(rule: MemberRule) -> dict[str, float | int | str]:
    """The usual settings, with fewer trees where there are trees."""
    return {**rule.usual, **{name: few for name, few in SMALL.items() if name in rule.usual}}


def served(rule: MemberRule, content: bytes, values: np.ndarray) -> np.ndarray:
    made = Made("booster", (Piece(rule.name, rule.kind, rule.suffix, content),))
    return made.answers(NAMES, values.astype(np.float64))


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_member_beats_the_base_rates_and_repeats_itself(rule: MemberRule) -> None:
    content = rule.fit(lesson(), usual(rule))
    assert content == rule.fit(lesson(), usual(rule))
    values, classes = signal_rows(1_000, seed=1)
    once = np.ones(len(classes))
    rates = np.tile(np.bincount(lesson().classes) / 2_000, (len(classes), 1))
    said = served(rule, content, values)
    np.testing.assert_allclose(said.sum(axis=1), 1.0, atol=1e-9)
    assert log_loss_of(said, classes)(once) < log_loss_of(rates, classes)(once) - 0.02


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_member_is_served_as_its_library_answers(rule: MemberRule) -> None:
    content = rule.fit(lesson(), usual(rule))
    values = signal_rows(300, seed=2)[0].astype(np.float64)
    np.testing.assert_allclose(served(rule, content, values), ANSWERS[rule.kind](content, values), atol=1e-6)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_row_without_weight_teaches_nothing(rule: MemberRule) -> None:
    whole = lesson()
    told = replace(whole, weights=np.where(np.arange(len(whole)) % 4 == 0, 1e-9, 1.0))
    wrong = np.where(np.arange(len(whole)) % 4 == 0, 2 - whole.classes, whole.classes).astype(np.int8)
    content = rule.fit(replace(told, classes=wrong), usual(rule))
    careless = rule.fit(Lesson(whole.values, wrong, whole.weights), usual(rule))
    values, classes = signal_rows(1_000, seed=1)
    surprise, worse = (
        log_loss_of(served(rule, made, values), classes)(np.ones(len(classes)))
        for made in (content, careless)
    )
    assert surprise < worse


def test_members_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(MEMBERS) + 1


@pytest.mark.parametrize("rule", MEMBERS, ids=lambda rule: rule.name)
def test_what_may_be_tuned_holds_the_usual(rule: MemberRule) -> None:
    for name, choice in rule.choices.items():
        ends = (choice.low, choice.high)
        assert all(low < high for low, high in pairwise(ends))
        assert name not in rule.usual or choice.low <= float(rule.usual[name]) <= choice.high


@pytest.mark.parametrize("came", [(1,), (2,), (0, 2)], ids=str)
@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_class_that_never_came_is_unlikely_and_not_ruled_out(
    rule: MemberRule, came: tuple[int, ...]
) -> None:
    classes = np.array(came, np.int8)[np.arange(len(lesson())) % len(came)]
    content = rule.fit(doubting(replace(lesson(), classes=classes)), usual(rule))
    said = served(rule, content, lesson().values)
    assert (said > 0.0).all()
    assert (said[:, came].sum(axis=1) > 0.6).all()


def test_a_lesson_of_all_classes_has_no_doubt() -> None:
    told = lesson()
    assert doubting(told) is told
    hollow = replace(told, classes=np.ones_like(told.classes), values=np.full_like(told.values, np.nan))
    assert np.isfinite(doubting(hollow).values[-2:]).all()


def test_a_library_s_complaint_is_one_line() -> None:
    flat = replace(lesson(), values=np.ones_like(lesson().values))
    with pytest.raises(Refused, match="catboost cannot learn from this") as told:
        BY_NAME["catboost"].fit(flat, usual(BY_NAME["catboost"]))
    assert "\n" not in str(told.value)


def test_libraries_that_find_no_card_are_named_together() -> None:
    with pytest.raises(Refused, match=r"lightgbm .*; xgboost ") as told:
        check_card(("lightgbm", "xgboost", "linear"))
    assert "\n" not in str(told.value)
