"""A model's life follows the table, whatever is asked for in whatever order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.failures import Refused
from shared.models.stages import NEXT, ModelStage, move

Wishes = st.lists(st.sampled_from(ModelStage), max_size=12)


def lived(wishes: list[ModelStage]) -> list[ModelStage]:
    """The stages of a model that was asked for all of this."""
    life = [ModelStage.CANDIDATE]
    for wish in wishes:
        try:
            life.append(move(life[-1], wish))
        except Refused:
            continue
    return life


@given(Wishes)
def test_no_path_leaves_retirement(wishes: list[ModelStage]) -> None:
    life = lived(wishes)
    assert ModelStage.RETIRED not in life[:-1]


@given(Wishes)
def test_a_canary_was_a_shadow_first(wishes: list[ModelStage]) -> None:
    life = lived(wishes)
    for place, stage in enumerate(life):
        if stage is ModelStage.CANARY:
            assert life[place - 1] is ModelStage.SHADOW


def test_every_stage_is_in_the_table_and_can_be_reached() -> None:
    assert set(NEXT) == set(ModelStage)
    assert {stage for following in NEXT.values() for stage in following} == set(ModelStage) - {
        ModelStage.CANDIDATE
    }


def test_a_step_that_cannot_follow_says_what_can() -> None:
    with pytest.raises(Refused, match="is candidate cannot become canary; it may become active, retired, sh"):
        move(ModelStage.CANDIDATE, ModelStage.CANARY)
    with pytest.raises(Refused, match="may become nothing"):
        move(ModelStage.RETIRED, ModelStage.ACTIVE)
