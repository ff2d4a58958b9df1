"""LightGBM: many small trees on few bins, and the meta-learner over the other members' probabilities."""

from __future__ import annotations

from typing import Any, Final

from research.members.lesson import CLASSES, THREADS, Choice, Lesson, MemberRule, Settings, cannot

LEAST_LEAF: Final = 20
ROWS_PER_LEAF: Final = 250
"""A leaf of fewer rows than one in so many follows the noise of returns."""


def fit(lesson: Lesson, settings: Settings) -> bytes:
    """The model's text."""
    import lightgbm

    asked = dict(settings)
    rounds = int(asked.pop("rounds"))
    told: dict[str, Any] = {
        "objective": "multiclass",
        "num_class": CLASSES,
        "seed": lesson.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": THREADS,
        "verbosity": -1,
        "min_data_in_leaf": max(LEAST_LEAF, len(lesson) // ROWS_PER_LEAF),
        **({"device_type": "cuda"} if lesson.device.is_card else {}),
        **asked,
    }
    data = lightgbm.Dataset(lesson.values, lesson.classes, weight=lesson.weights)
    try:
        text: str = lightgbm.train(told, data, num_boost_round=rounds).model_to_string()
    except lightgbm.basic.LightGBMError as error:
        raise cannot("lightgbm", error) from None
    return text.encode("ascii")


TREES: Final = MemberRule(
    "lightgbm",
    "lightgbm",
    ".txt",
    fit,
    usual={
        "rounds": 100,
        "learning_rate": 0.1,
        "max_bin": 63,
        "num_leaves": 15,
        "lambda_l2": 10.0,
        "feature_fraction": 0.5,
        "bagging_fraction": 0.5,
        "bagging_freq": 1,
    },
    choices={
        "learning_rate": Choice(0.02, 0.2, by_factor=True),
        "num_leaves": Choice(4, 31, by_factor=True, whole=True),
        "lambda_l2": Choice(0.1, 100.0, by_factor=True),
        "feature_fraction": Choice(0.2, 1.0),
    },
    by_card=True,
)
"""The first-layer member."""

META: Final = MemberRule(
    "meta",
    "lightgbm",
    ".txt",
    fit,
    usual={
        "rounds": 40,
        "learning_rate": 0.05,
        "max_bin": 63,
        "num_leaves": 4,
        "lambda_l2": 50.0,
        "bagging_fraction": 0.5,
        "bagging_freq": 1,
    },
    choices={},
)
"""The learner of the second layer: 15 probabilities in, 3 out."""
