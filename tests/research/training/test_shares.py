"""A report's shares are SHAP values: those of the shap library, summed up by feature and class."""

from __future__ import annotations

import numpy as np
import pytest

from research.dataset.examples import Examples
from research.training.made import Made, Piece
from research.training.page_shares import STEP, swarm
from research.training.shares import MARGIN, PROBABILITY, MemberShares, Swarm, shares_of
from services.inference import arrays
from services.inference.model import parts_of
from services.inference.parts import Trees
from tests.fixtures import models
from tests.services.inference.test_attributing import by_shap

KINDS = ("lightgbm", "forest", "linear")
ROWS = 300


def made(kinds: tuple[str, ...] = KINDS) -> Made:
    pieces = [models.trained(kind) for kind in kinds]
    return Made(
        family="ensemble",
        combine="mean",
        pieces=tuple(
            Piece(kind, one.kind, ".bin", one.content) for kind, one in zip(kinds, pieces, strict=True)
        ),
    )


def examples(values: models.Floats) -> Examples:
    count = len(values)
    return Examples(
        names=models.FEATURES,
        values=values,
        classes=models.classes_of(values).astype(np.int8),
        times_ns=np.arange(count),
        end_ns=np.arange(count) + 1,
        instruments=np.ones(count, np.int32),
        returns=np.zeros(count),
    )


def told() -> dict[str, MemberShares]:
    asked = examples(models.rows(71, ROWS))
    return {one.name: one for one in shares_of(made(), asked, np.arange(ROWS))}


@pytest.mark.parametrize("kind", ["lightgbm", "forest"])
def test_the_sizes_are_those_of_the_shap_library(kind: str) -> None:
    whole = made()
    parts = parts_of(whole.manifest(models.FEATURES), whole.artefacts)
    part = parts[KINDS.index(kind)]
    assert isinstance(part, Trees)
    values = models.rows(71, ROWS)
    theirs = np.abs(by_shap(part, values)[:, :-1]).mean(axis=0)
    ours = {one.feature: (one.sell, one.hold, one.buy) for one in told()[kind].features}
    assert np.abs(np.array([ours[name] for name in models.FEATURES]) - theirs).max() < 1e-6


def test_the_weightiest_come_first_in_the_unit_of_the_member() -> None:
    members = told()
    assert [members[kind].unit for kind in KINDS] == [MARGIN, PROBABILITY, MARGIN]
    for one in members.values():
        sizes = [each.sell + each.hold + each.buy for each in one.features]
        assert sizes == sorted(sizes, reverse=True) and len(sizes) == len(models.FEATURES)
        assert one.features[0].feature == "a" and one.features[0].direction > 0.9


def test_a_member_that_sees_one_feature_weighs_nothing_against_it() -> None:
    plain = {
        "mean": np.zeros(1), "scale": np.ones(1), "weights": np.array([[1.0, 0.0, -1.0]]), "bias": np.zeros(3)
    }  # fmt: skip
    probe = Made("per_feature", (Piece("a", "linear", ".bin", arrays.encode("linear", plain), columns=(0,)),))
    assert shares_of(probe, examples(models.rows(72, 50)), np.arange(50)) == ()


def test_points_of_one_place_stand_beside_each_other_and_right_is_buy() -> None:
    drawn = swarm(
        (Swarm(feature="<b>", leans=(-1.0, 1.0, *[0.5] * 40), heights=tuple(np.linspace(0, 1, 42))),)
    )
    assert "&lt;b&gt;" in drawn and drawn.count("<circle") == 42
    heights = [float(part.split('cy="')[1].split('"')[0]) for part in drawn.split("<circle")[1:]]
    across = [float(part.split('cx="')[1].split('"')[0]) for part in drawn.split("<circle")[1:]]
    assert across[0] < across[2] < across[1]
    assert len(set(heights)) > 5 and max(heights) - min(heights) < STEP
