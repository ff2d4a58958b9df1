"""CatBoost: symmetric trees on few borders, each on half of the rows."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from research.members.lesson import THREADS, Choice, Lesson, MemberRule, Settings, cannot

KEPT: Final = ("class_params", "params")
"""What the file says of the model beside its trees; the rest is a clock's time, a random name and a diary."""


def fit(lesson: Lesson, settings: Settings) -> bytes:
    """The model in CatBoost's own binary format, which the library only writes to files."""
    import catboost

    asked: dict[str, Any] = dict(settings)
    iterations = int(asked.pop("rounds"))
    told: dict[str, Any] = {
        "loss_function": "MultiClass",
        "classes_count": 3,
        "random_seed": lesson.seed,
        "thread_count": THREADS,
        "allow_writing_files": False,
        "logging_level": "Silent",
        "bootstrap_type": "Bernoulli",
        "random_strength": 0,
        "task_type": "GPU" if lesson.device.is_card else "CPU",
        **asked,
    }
    data = catboost.Pool(lesson.values, lesson.classes, weight=lesson.weights, thread_count=THREADS)
    model = catboost.CatBoost({"iterations": iterations, **told})
    try:
        model.fit(data)
    except catboost.CatBoostError as error:
        raise cannot("catboost", error) from None
    facts = model.get_metadata()
    for name in [name for name in facts if name not in KEPT]:
        del facts[name]
    with TemporaryDirectory(prefix="tapeline-") as folder:
        path = Path(folder) / "model.cbm"
        model.save_model(str(path), format="cbm")
        return path.read_bytes()


TREES: Final = MemberRule(
    "catboost",
    "catboost",
    ".cbm",
    fit,
    usual={
        "rounds": 120,
        "learning_rate": 0.12,
        "border_count": 32,
        "subsample": 0.5,
        "depth": 5,
        "l2_leaf_reg": 10.0,
    },
    choices={
        "learning_rate": Choice(0.03, 0.2, by_factor=True),
        "depth": Choice(3, 6, whole=True),
        "l2_leaf_reg": Choice(1.0, 100.0, by_factor=True),
    },
    by_card=True,
)
"""The first-layer member."""
