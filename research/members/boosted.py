"""XGBoost with one tree for all classes, a third of the trees of one tree a class."""

from __future__ import annotations

from typing import Any, Final

from research.members.lesson import CLASSES, THREADS, Choice, Lesson, MemberRule, Settings, cannot


def fit(lesson: Lesson, settings: Settings) -> bytes:
    """The model in UBJSON."""
    import xgboost

    asked = dict(settings)
    rounds = int(asked.pop("rounds"))
    told: dict[str, Any] = {
        "objective": "multi:softprob",
        "num_class": CLASSES,
        "tree_method": "hist",
        "multi_strategy": "multi_output_tree",
        "seed": lesson.seed,
        "nthread": THREADS,
        "device": lesson.device.name,
        **asked,
    }
    bins = int(told["max_bin"])
    try:
        data = xgboost.QuantileDMatrix(
            lesson.values, lesson.classes, weight=lesson.weights, nthread=THREADS, max_bin=bins
        )
        return bytes(xgboost.train(told, data, num_boost_round=rounds).save_raw("ubj"))
    except xgboost.core.XGBoostError as error:
        raise cannot("xgboost", error) from None


TREES: Final = MemberRule(
    "xgboost",
    "xgboost",
    ".ubj",
    fit,
    usual={"rounds": 60, "learning_rate": 0.1, "max_bin": 64, "max_depth": 5, "min_child_weight": 20.0},
    choices={
        "learning_rate": Choice(0.02, 0.2, by_factor=True),
        "max_depth": Choice(2, 6, whole=True),
        "min_child_weight": Choice(1.0, 500.0, by_factor=True),
        "lambda": Choice(0.1, 100.0, by_factor=True),
    },
    by_card=True,
)
"""The first-layer member."""
