"""A specification becomes a table: shared steps, room for the farthest look back, whole cache lines."""

from __future__ import annotations

import pytest

from services.features.catalogue import FEATURES, choice
from services.features.program import PARAMETERS, READ, compile_program
from services.features.row import COLUMNS, LINE, TAPE


def test_outputs_of_one_feature_share_a_step() -> None:
    asked = ["macd.line", "rsi", "macd.signal", "macd_5_35_5.line"]
    program = compile_program([choice(text) for text in asked])
    assert [feature.name for feature in program.features] == ["macd", "rsi", "macd"]
    reads = program.ops[program.ops["step"] == READ]
    assert len(reads) == program.width == 4
    assert reads["at"][2] == reads["at"][0] + 1
    assert reads["n1"].tolist() == [26, 15, 34, 35]


@pytest.mark.parametrize(("text", "depth"), [("close", 2), ("sma_2", 4), ("sma_20", 32), ("return_63", 64)])
def test_the_tape_is_the_power_of_two_that_holds_the_farthest_look_back(text: str, depth: int) -> None:
    program = compile_program([choice(text)])
    assert set(program.ops["mask"].tolist()) == {depth - 1}
    assert program.ops["out"][0] == TAPE + COLUMNS * depth


def test_no_two_steps_share_a_place_and_a_row_is_whole_lines() -> None:
    program = compile_program([choice(feature.name) for feature in FEATURES])
    taken: set[int] = set(range(int(program.ops["out"][0])))
    for feature, op in zip(program.features, program.ops, strict=False):
        values = choice(feature.name).values
        ours = {*range(int(op["out"]), int(op["at"]) + feature.state(*values))}
        assert not ours & taken
        taken |= ours
    assert max(taken) < program.row
    assert program.row % LINE == 0


def test_every_feature_s_parameters_fit_a_step() -> None:
    assert max(len(feature.parameters) for feature in FEATURES) <= PARAMETERS
