"""Reads an XGBoost model (UBJSON) as untrusted input: trees with leaves of one value or three, or linear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from services.inference import parts, ubjson
from services.inference.parts import ALL, MOST_TREES, OUTPUTS, Linear, Trees
from shared.failures import Refused

MOST_BYTES: Final = 64 << 20
MOST_FEATURES: Final = 4_096

Table = Mapping[str, Any]


def parse(content: bytes) -> Trees | Linear:
    """The model, or one line that says what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise Refused(f"model has {len(content)} bytes, at most {MOST_BYTES} are read")
    learner = _table(ubjson.decode(content), "learner")
    about = _table(learner, "learner_model_param")
    objective = _table(learner, "objective").get("name")
    if objective != "multi:softprob" or _integer(about, "num_class") != OUTPUTS:
        raise Refused(
            f"model has objective {str(objective)[:40]}, wanted multi:softprob with {OUTPUTS} classes"
        )
    width = _integer(about, "num_feature")
    if not 0 < width <= MOST_FEATURES:
        raise Refused(f"model has {width} features, at most {MOST_FEATURES} are read")
    names = tuple(map(str, learner.get("feature_names") or ()))
    booster = _table(learner, "gradient_booster")
    model, base = _table(booster, "model"), _base(about)
    if booster.get("name") == "gblinear":
        return _linear(model, names, width, base)
    if booster.get("name") == "gbtree":
        return _trees(model, names, width, base)
    raise Refused(f"model has booster {str(booster.get('name'))[:40]}, wanted gbtree or gblinear")


def _linear(model: Table, names: tuple[str, ...], width: int, base: npt.NDArray[np.float64]) -> Linear:
    """A missing value adds nothing, as one at zero; XGBoost adds the first base to each class."""
    weights = _array(model, "weights", (width + 1) * OUTPUTS).astype(np.float64).reshape(-1, OUTPUTS)
    if not np.isfinite(weights).all():
        raise Refused("model has a weight that is not a number")
    return Linear(names, width, np.zeros(width), np.ones(width), weights[:-1], weights[-1] + base[0])


def _trees(model: Table, names: tuple[str, ...], width: int, base: npt.NDArray[np.float64]) -> Trees:
    found, classes = model.get("trees"), model.get("tree_info")
    if not isinstance(found, list) or not 0 < len(found) <= MOST_TREES:
        raise Refused("model has no trees, or too many")
    size = _integer(_table(found[0], "tree_param"), "size_leaf_vector")
    if size not in {1, OUTPUTS}:
        raise Refused(f"model has leaves of {size} values, wanted 1 or {OUTPUTS}")
    trees = [_tree(tree, size) for tree in found]
    counts = [len(tree["feature"]) for tree in trees]
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    whole = {name: np.concatenate([tree[name] for tree in trees]) for name in trees[0]}
    inner, shift = whole["feature"] >= 0, np.repeat(starts, counts)
    return parts.checked(
        Trees(
            names=names,
            width=width,
            feature=whole["feature"].astype(np.int32),
            threshold=whole["threshold"],
            nan_right=whole["nan_right"],
            left=np.where(inner, whole["left"] + shift, -1).astype(np.int32),
            right=np.where(inner, whole["right"] + shift, -1).astype(np.int32),
            values=whole["values"],
            cover=whole["cover"],
            roots=starts.astype(np.int32),
            outputs=np.full(len(trees), ALL, np.int32) if size > 1 else _classes(classes, len(trees)),
            base=base,
        )
    )


def _tree(tree: Any, size: int) -> dict[str, npt.NDArray[Any]]:
    """A node below its condition goes left: at or below the next smaller number."""
    about = _table(tree, "tree_param")
    nodes = _integer(about, "num_nodes")
    if _integer(about, "size_leaf_vector") != size:
        raise Refused("model has trees with leaves of one value and trees with leaves of several")
    if np.any(_array(tree, "split_type", nodes) != 0):
        raise Refused("model has categorical splits; only numbers are split")
    left, right = (_array(tree, f"{side}_children", nodes).astype(np.int64) for side in ("left", "right"))
    condition = _array(tree, "split_conditions", nodes).astype(np.float32)
    if not np.isfinite(condition).all():
        raise Refused("model has a condition that is not a number")
    is_leaf = left < 0
    values = np.zeros((nodes, size), np.float32)
    if size == 1:
        values[is_leaf, 0] = condition[is_leaf]
    else:
        leaves = np.asarray(tree.get("leaf_weights"), np.float32).ravel()
        place = right[is_leaf]
        if len(leaves) % size or np.any((place < 0) | (place >= len(leaves) // size)):
            raise Refused("model has a leaf without values")
        values[is_leaf] = leaves.reshape(-1, size)[place]
    feature = _array(tree, "split_indices", nodes).astype(np.int64)
    if np.any(feature < 0):
        raise Refused("model splits on a feature it does not have")
    return {
        "feature": np.where(is_leaf, -1, np.minimum(feature, 1 << 30)),
        "threshold": np.nextafter(condition, np.float32(-np.inf)),
        "nan_right": _array(tree, "default_left", nodes) == 0,
        "left": left,
        "right": right,
        "values": values,
        "cover": _array(tree, "sum_hessian", nodes).astype(np.float32),
    }


def _classes(found: object, trees: int) -> npt.NDArray[np.int32]:
    classes = np.asarray(found if isinstance(found, list | np.ndarray) else [], np.float64).ravel()
    if len(classes) != trees or not np.isin(classes, range(OUTPUTS)).all():
        raise Refused("model has a tree for a class it does not have")
    return classes.astype(np.int32)


def _base(about: Table) -> npt.NDArray[np.float64]:
    """The margins that sums begin with: one for all classes or one each."""
    words = str(about.get("base_score", "")).strip("[]").split(",")
    try:
        base = np.array([float(word) for word in words], np.float64)
    except ValueError:
        raise Refused("model has a base score that is no number") from None
    if len(base) not in {1, OUTPUTS} or not np.isfinite(base).all():
        raise Refused(f"model has {len(base)} base scores, wanted 1 or {OUTPUTS} that are finite")
    return np.broadcast_to(base, (OUTPUTS,)).copy()


def _table(found: object, name: str) -> Table:
    inside = found.get(name) if isinstance(found, dict) else None
    if not isinstance(inside, dict):
        raise Refused(f"model has no {name}")
    return inside


def _array(table: Table, name: str, count: int) -> npt.NDArray[Any]:
    found = table.get(name)
    if not isinstance(found, np.ndarray) or len(found) != count:
        raise Refused(f"model has no {name} of {count} numbers")
    return found


def _integer(table: Table, name: str) -> int:
    found = table.get(name)
    if not isinstance(found, str) or not found.isdecimal() or len(found) > 9:
        raise Refused(f"model has no whole number {name}")
    return int(found)
