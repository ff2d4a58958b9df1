"""Asked all at once or walked one by one, a tree gives a row the same leaf, whatever its shape."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from services.inference import packing
from services.inference.ensemble_kernels import ASKED
from services.inference.layout import BLOCK, END_SCRIPT, FIRST_SCRIPT
from services.inference.parts import ALL, Trees, checked
from services.inference.predictor import Predictor
from services.inference.questions import MOST_WORDS, WORD
from tests.fixtures import models

WIDTH = len(models.FEATURES)
GRID = np.linspace(-1.0, 1.0, 9)
LARGEST = MOST_WORDS * WORD


def tree(leaves: int, draw: np.random.Generator) -> dict[str, npt.NDArray[np.float64]]:
    """A leaf is split into two, again and again, wherever chance has it."""
    left, right = [-1], [-1]
    for _ in range(leaves - 1):
        node = int(draw.choice([at for at in range(len(left)) if left[at] < 0]))
        left[node], right[node] = len(left), len(left) + 1
        left += [-1, -1]
        right += [-1, -1]
    feature = np.where(np.array(left) < 0, -1, draw.integers(0, WIDTH, len(left)))
    return {"left": np.array(left), "right": np.array(right), "feature": feature}


def trees(leaves: list[int], seed: int, outputs: list[int]) -> Trees:
    """Trees of so many leaves; their thresholds are values that rows have."""
    draw = np.random.default_rng(seed)
    made = [tree(count, draw) for count in leaves]
    sizes = np.array([len(one["left"]) for one in made])
    starts = np.cumsum(sizes) - sizes
    nodes, size = int(sizes.sum()), 3 if ALL in outputs else 1

    def children(name: str) -> npt.NDArray[np.int32]:
        moved = [
            np.where(one[name] < 0, -1, one[name] + start) for one, start in zip(made, starts, strict=True)
        ]
        return np.concatenate(moved).astype(np.int32)

    return checked(
        Trees(
            names=(),
            width=WIDTH,
            feature=np.concatenate([one["feature"] for one in made]).astype(np.int32),
            threshold=draw.choice(GRID, nodes).astype(np.float32),
            nan_right=draw.random(nodes) < 0.5,
            left=children("left"),
            right=children("right"),
            values=draw.normal(size=(nodes, size)).astype(np.float32),
            cover=np.ones(nodes, np.float32),
            roots=starts.astype(np.int32),
            outputs=np.array(outputs, np.int32),
            base=draw.normal(size=3),
        )
    )


def predictor_of(part: Trees) -> Predictor:
    return Predictor(packing.program(models.single("forest").manifest, [part]))


def rows(count: int, seed: int) -> npt.NDArray[np.float64]:
    draw = np.random.default_rng(seed)
    values = draw.choice(GRID, (count, WIDTH)).astype(np.float32).astype(np.float64)
    values[draw.random(values.shape) < 0.1] = np.nan
    return values


def is_asked(predictor: Predictor) -> bool:
    member = predictor.program.table[1]
    return bool(member[FIRST_SCRIPT] < member[END_SCRIPT])


@pytest.mark.parametrize("leaves", [[1], [2], [31], [32], [33], [63], [64], [1, 64, 2, 33, 7, 32, 1, 50, 3]])
@pytest.mark.parametrize("outputs", [[0, 1, 2], [ALL]])
def test_a_tree_asked_all_at_once_gives_the_leaf_of_its_walk(leaves: list[int], outputs: list[int]) -> None:
    each = [outputs[place % len(outputs)] for place in range(len(leaves))]
    for seed in range(5):
        predictor, values = predictor_of(trees(leaves, seed, each)), rows(BLOCK + ASKED, seed)
        walked = np.concatenate([predictor.answer(values[i : i + 1])[2] for i in range(len(values))])
        assert is_asked(predictor)
        assert predictor.answer(values)[2].tobytes() == walked.tobytes()


def test_a_walk_ends_where_a_plain_walk_ends() -> None:
    part = trees([40, 9, 64], 3, [ALL] * 3)
    values = rows(BLOCK, 3)
    sums = np.tile(part.base, (len(values), 1))
    for at, row in enumerate(values.astype(np.float32)):
        for root in part.roots:
            node = int(root)
            while part.feature[node] >= 0:
                value = row[part.feature[node]]
                to_right = part.nan_right[node] if np.isnan(value) else value > part.threshold[node]
                node = int(part.right[node] if to_right else part.left[node])
            sums[at] += part.values[node]
    raised = np.exp(sums - sums.max(axis=1, keepdims=True))
    found = predictor_of(part).answer(values)[2][:, 0]
    assert np.abs(found - raised / raised.sum(axis=1, keepdims=True)).max() < 1e-12


def test_a_tree_of_too_many_leaves_is_walked() -> None:
    large = predictor_of(trees([3, LARGEST + 1], 1, [0, 1]))
    values = rows(BLOCK, 1)
    walked = np.concatenate([large.answer(values[i : i + 1])[2] for i in range(len(values))])
    assert not is_asked(large)
    assert large.answer(values)[2].tobytes() == walked.tobytes()
