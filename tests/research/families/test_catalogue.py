"""Every family learns, repeats itself, is served as its libraries answer, and never looks ahead."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from research.families.catalogue import FAMILIES
from research.families.family import FamilyRule
from research.members.catalogue import MEMBERS
from research.scores.classes import log_loss_of
from research.training.course import Course
from research.training.reference import references
from research.training.workshop import Workshop
from services.inference.model import check_reference
from tests.fixtures.courses import course, signal_rows

QUICK = {rule.name: {"rounds": 15} for rule in MEMBERS if "rounds" in rule.usual} | {"forest": {"trees": 10}}
WORKSHOP = Workshop(2)


def quick(made: Course) -> Course:
    """The course with fewer trees."""
    return replace(made, terms=replace(made.terms, settings=QUICK))


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_family_beats_the_base_rates_where_there_is_something_to_know(family: FamilyRule) -> None:
    told = quick(course())
    made = family.teach(told, WORKSHOP)
    values, classes = signal_rows(1_500, seed=1)
    said, once = made.answers(told.names, values.astype(np.float64)), np.ones(len(classes))
    rates = np.tile(np.bincount(told.classes) / len(told), (len(classes), 1))
    gained = log_loss_of(rates, classes)(once) - log_loss_of(said, classes)(once)
    assert abs(gained) < 1e-3 if family.name == "base_rate" else gained > 0.03


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_family_repeats_itself_and_is_served_as_its_libraries_answer(family: FamilyRule) -> None:
    told = quick(course())
    made, again = (family.teach(told, Workshop(hands)) for hands in (1, 3))
    assert made == again
    values = told.values.astype(np.float64)
    manifest = made.manifest(told.names)
    rows = references(made, told.names, values)
    told_again = msgspec.structs.replace(manifest, reference=rows)
    check_reference(told_again, made.predictor(told.names))


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_what_comes_later_changes_no_model_of_what_came_before(family: FamilyRule) -> None:
    """The blocks of an early course are taught from the same rows, whatever follows."""
    whole = quick(course())
    early = np.flatnonzero(whole.end_ns <= whole.terms.cuts_ns[2] - whole.terms.embargo_ns)
    made = family.teach(whole.take(early), WORKSHOP)
    later = np.setdiff1d(np.arange(len(whole)), early)
    classes = whole.classes.copy()
    classes[later] = 2 - classes[later]
    changed = replace(
        whole,
        classes=classes,
        values=np.where(np.isin(np.arange(len(whole)), later)[:, None], 0, whole.values),
    )
    assert family.teach(changed.take(early), WORKSHOP) == made
