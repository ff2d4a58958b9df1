"""The models that inference is measured on: five members and a meta member, by their own libraries."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from services.inference import arrays
from services.inference.manifest import Kind, Manifest, Member, Reference
from services.inference.model import Model, parts_of, predictor_of
from services.inference.outliers import spread_of
from services.inference.parts import Part, rounded_down

Floats = npt.NDArray[np.float64]
FEATURES: Final = 40
ROWS: Final = 12_000
SEED: Final = 1
REFERENCES: Final = 16


class Shape(NamedTuple):
    """How large the members are."""

    name: str
    rounds: int
    strategy: str


SHAPES: Final = (
    Shape("100 rounds", 100, "multi_output_tree"),
    Shape("200 rounds of three trees", 200, "one_output_per_tree"),
)


class Trained(NamedTuple):
    """One member: its file, and the plain call of its own library."""

    kind: Kind
    content: bytes
    predict: Callable[[Floats], Any]


class Subject(NamedTuple):
    """A whole model and its members as arrays; the calls of their libraries, if timed, the meta's last."""

    name: str

    model: Model
    files: dict[str, bytes]
    parts: list[Part]
    calls: list[Callable[[Floats], Any]]
    values: Floats


def subject(shape: Shape) -> Subject:
    """Trains the members on one half of the rows and the meta member on what they say of the other."""
    values, classes = market(ROWS)
    half = ROWS // 2
    made = {name: train(values[:half], classes[:half], shape) for name, train in TRAINERS.items()}
    members = tuple(_member(name, one) for name, one in made.items())
    files = {f"{name}.bin": one.content for name, one in made.items()}
    flat = _manifest(shape, members, values[:half])
    said = predictor_of(flat, files).members(values[half:]).reshape(half, -1)
    meta = _lightgbm(said, classes[half:], Shape("meta", 100, ""))
    files["meta.bin"] = meta.content
    calls = [*(one.predict for one in made.values()), meta.predict]
    reference = _reference(calls, values[half : half + REFERENCES], said[:REFERENCES])
    named = _member("meta", meta)
    whole = msgspec.structs.replace(flat, combine="stacked", meta=named, reference=reference)
    predictor = predictor_of(whole, files)
    return Subject(
        shape.name, Model(whole, predictor, whole.hash), files, parts_of(whole, files), calls, values
    )


def market(rows: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Rows with as much to be learnt as a market tells: little."""
    draw = np.random.default_rng(SEED)
    values = draw.normal(size=(rows, FEATURES)).astype(np.float32).astype(np.float64)
    score = values[:, 0] + 0.7 * values[:, 1] * values[:, 2] - 0.5 * np.abs(values[:, 3])
    return values, np.digitize(score + draw.normal(size=rows) * 2.0, [-1.3, 0.7])


def _reference(calls: list[Callable[[Floats], Any]], values: Floats, said: Floats) -> tuple[Reference, ...]:
    """Rows with what the libraries say of them, the meta member's library of our answers."""
    *members, meta = calls
    answers = np.stack([np.asarray(call(values), np.float64) for call in members], axis=1).tolist()
    whole = meta(said).tolist()
    return tuple(
        Reference(values=tuple(row), members=tuple(map(tuple, each)), probabilities=tuple(one))
        for row, each, one in zip(values.tolist(), answers, whole, strict=True)
    )


def _manifest(shape: Shape, members: tuple[Member, ...], values: Floats) -> Manifest:
    """A manifest of the members alone, whose one reference row vouches for nothing yet."""
    third = (1 / 3, 1 / 3, 1 / 3)
    reference = Reference(
        values=tuple(values[0].tolist()), members=(third,) * len(members), probabilities=third
    )
    return Manifest(
        name="bench", family="ensemble", members=members, combine="mean", spread=spread_of(values),
        features=tuple(f"feature_{i}" for i in range(FEATURES)), spec=1, interval_ns=1, label=shape.name,
        horizon_ns=1, trained_from_ns=0, trained_until_ns=1, rows=len(values), reference=(reference,),
    )  # fmt: skip


def _member(name: str, one: Trained) -> Member:
    digest = hashlib.sha256(one.content).hexdigest()
    return Member(name=name, kind=one.kind, artefact=f"{name}.bin", sha256=digest)


def _lightgbm(values: Floats, classes: npt.NDArray[np.int64], shape: Shape) -> Trained:
    import lightgbm

    settings = {
        "objective": "multiclass",
        "num_class": 3,
        "num_leaves": 31,
        "verbosity": -1,
        "num_threads": 1,
    }
    booster: Any = lightgbm.train(settings, lightgbm.Dataset(values, classes), num_boost_round=shape.rounds)
    return Trained("lightgbm", booster.model_to_string().encode(), booster.predict)


def _xgboost(values: Floats, classes: npt.NDArray[np.int64], shape: Shape) -> Trained:
    import xgboost

    settings = {
        "objective": "multi:softprob", "num_class": 3, "tree_method": "hist", "max_depth": 6, "eta": 0.1,
        "multi_strategy": shape.strategy, "nthread": 1,
    }  # fmt: skip
    booster: Any = xgboost.train(settings, xgboost.DMatrix(values, classes), num_boost_round=shape.rounds)
    return Trained("xgboost", bytes(booster.save_raw("ubj")), booster.inplace_predict)


def _catboost(values: Floats, classes: npt.NDArray[np.int64], shape: Shape) -> Trained:
    import catboost

    model = catboost.CatBoostClassifier(
        iterations=300, depth=6, loss_function="MultiClass", thread_count=1, random_seed=SEED, verbose=False,
        border_count=32, allow_writing_files=False,
    )  # fmt: skip
    model.fit(values.copy(), classes)
    with tempfile.TemporaryDirectory() as folder:
        model.save_model(str(Path(folder) / "model.cbm"))
        content = (Path(folder) / "model.cbm").read_bytes()
    return Trained("catboost", content, lambda rows: model.predict_proba(rows.copy(), thread_count=1))


def _forest(values: Floats, classes: npt.NDArray[np.int64], shape: Shape) -> Trained:
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(n_estimators=200, max_depth=12, random_state=SEED, n_jobs=1)
    model.fit(values, classes)
    return Trained("forest", forest_file(model), model.predict_proba)


def forest_file(model: Any) -> bytes:
    """A scikit-learn forest as plain arrays."""
    trees = [one.tree_ for one in model.estimators_]
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])

    def joined(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(tree, name) for tree in trees])

    def children(name: str) -> npt.NDArray[np.int32]:
        moved = [getattr(tree, name) + start for tree, start in zip(trees, starts, strict=False)]
        return np.where(joined(name) < 0, -1, np.concatenate(moved)).astype(np.int32)

    leaves = joined("value")[:, 0, :]
    plain = {
        "feature": np.where(joined("children_left") < 0, -1, joined("feature")).astype(np.int32),
        "threshold": rounded_down(joined("threshold")),
        "left": children("children_left"),
        "right": children("children_right"),
        "probabilities": (leaves / leaves.sum(axis=1, keepdims=True)).astype(np.float32),
        "cover": joined("weighted_n_node_samples").astype(np.float32),
        "roots": starts[:-1].astype(np.int32),
    }
    return arrays.encode("forest", plain)


def _linear(values: Floats, classes: npt.NDArray[np.int64], shape: Shape) -> Trained:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(values, classes)
    plain = {
        "mean": np.zeros(FEATURES),
        "scale": np.ones(FEATURES),
        "weights": np.ascontiguousarray(model.coef_.T),
        "bias": model.intercept_,
    }
    return Trained("linear", arrays.encode("linear", plain), model.predict_proba)


TRAINERS: Final[dict[str, Callable[[Floats, npt.NDArray[np.int64], Shape], Trained]]] = {
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "catboost": _catboost,
    "forest": _forest,
    "linear": _linear,
}
