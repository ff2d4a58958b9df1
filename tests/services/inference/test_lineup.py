"""A block made again has the models that made it first, and a command means what the registry says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.inference.lineup import AND, Lineup, Swap, Swaps, beside, follow, read, written
from shared.failures import Refused
from shared.models.stages import ModelStage
from tests.fixtures.registry import model_row

FIRST = Lineup("a")


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(1, 40))
def test_a_block_has_the_newest_line_up_below_its_number(steps: list[int], seq: int) -> None:
    swaps, said = Swaps((Swap(0, FIRST),)), [(0, FIRST)]
    for place, step in enumerate(steps):
        said.append((said[-1][0] + step, Lineup(str(place))))
        swaps = swaps.then(*said[-1])
    below = [lineup for after, lineup in said if after < seq]
    assert swaps.at(seq) == below[-1]
    assert swaps.last == said[-1][1]
    assert read(written(swaps.heard(7))) == swaps.heard(7)


def test_the_past_is_never_changed() -> None:
    swaps = Swaps((Swap(0, FIRST),)).then(10, Lineup("b"))
    with pytest.raises(ValueError, match="would undo the one after #10"):
        swaps.then(9, Lineup("c"))


def test_a_command_names_a_model_whose_stage_says_what_happens() -> None:
    first, second = model_row(1, stage=ModelStage.SHADOW), model_row(2, stage=ModelStage.ACTIVE)
    canary, other = (
        model_row(3, stage=ModelStage.CANARY),
        model_row(4, sector="Energy", stage=ModelStage.SHADOW),
    )
    models = [first, second, canary, other]
    now = Lineup(first.address)
    wanted = Lineup(second.address, (first.address,), canary.address)
    assert follow(models, now, 2) == wanted
    assert follow(models, now, 3) == Lineup(first.address, (), canary.address)
    assert follow(models, wanted, 1) == wanted
    assert beside(models, second.address) == wanted
    assert beside(models, "unregistered") == Lineup("unregistered")


def test_a_command_for_another_sector_or_for_nobody_is_refused() -> None:
    models = [model_row(1, stage=ModelStage.ACTIVE), model_row(2, sector="Energy", stage=ModelStage.ACTIVE)]
    with pytest.raises(Refused, match="another sector or horizon"):
        follow(models, Lineup(models[0].address), 2)
    with pytest.raises(Refused, match="the registry does not know"):
        follow(models, FIRST, 9)


def test_a_set_follows_whoever_is_active_in_each_of_its_sectors() -> None:
    active, shadow = ModelStage.ACTIVE, ModelStage.SHADOW
    models = [
        model_row(1, sector="Energy", stage=shadow), model_row(2, sector="Utilities", stage=active),
        model_row(3, sector="Energy", stage=active), model_row(4, sector="Technology", stage=active),
    ]  # fmt: skip
    first, second, third, _ = (row.address for row in models)
    now = Lineup(AND.join([first, second]))
    assert follow(models, now, 3) == Lineup(AND.join([third, second]), (first,))
    assert follow(models, now, 3).members == (third, second)
    assert beside(models, now.active) == now
    assert beside(models[1:], now.active) == now
    canary = model_row(5, sector="Utilities", stage=ModelStage.CANARY)
    assert follow([*models, canary], now, 5).canaries == (canary.address,)
    with pytest.raises(Refused, match="does not have"):
        follow(models, now, 4)
    with pytest.raises(Refused, match="1 models of the run's set are not in the registry"):
        follow(models[1:], now, 3)
