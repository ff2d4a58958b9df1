"""Reads the text of a LightGBM model as untrusted input: everything is checked before anything is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from shared.failures import Refused

MOST_BYTES: Final = 64 << 20
MOST_TREES: Final = 20_000
MOST_LEAVES: Final = 62
MOST_CLASSES: Final = 16
MOST_FEATURES: Final = 4_096
CATEGORICAL, DEFAULT_LEFT, MISSING_ZERO, MISSING_NAN = 1, 2, 4, 8


@dataclass(frozen=True)
class Tree:
    """One decision tree as LightGBM numbers it: a negative child is a leaf's complement."""

    features: npt.NDArray[np.int64]
    thresholds: npt.NDArray[np.float64]
    kinds: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    leaves: npt.NDArray[np.float64]


@dataclass(frozen=True)
class ForestText:
    """A parsed model: its trees in order, class after class, and how their sums become probabilities."""

    classes: int
    sigmoid: float
    feature_names: tuple[str, ...]
    trees: tuple[Tree, ...]


def parse(content: bytes) -> ForestText:
    """The model, or one line that says what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise Refused(f"model has {len(content)} bytes, at most {MOST_BYTES} are read")
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        raise Refused("model is not the text of a LightGBM model") from None
    head, *sections = text.split("\nTree=")
    if not head.startswith("tree\n") or not sections:
        raise Refused("model is not the text of a LightGBM model, or has no trees")
    fields = _fields(head)
    names = tuple(_need(fields, "feature_names").split(" "))
    if len(names) != _integer(fields, "max_feature_idx", 0, MOST_FEATURES - 1) + 1:
        raise Refused(f"model names {len(names)} features and uses another number")
    classes, sigmoid = _objective(fields)
    if len(sections) > MOST_TREES or len(sections) % classes:
        raise Refused(f"model has {len(sections)} trees for {classes} classes")
    if "end of trees" not in sections[-1]:
        raise Refused("model is cut short: its end of trees is missing")
    if "\naverage_output" in head:
        raise Refused("model averages its trees; only boosted models are read")
    sections[-1] = sections[-1].split("end of trees")[0]
    trees = tuple(_tree(_fields(section), len(names)) for section in sections)
    return ForestText(classes, sigmoid, names, trees)


def _objective(fields: Mapping[str, str]) -> tuple[int, float]:
    """How many sums a row has, and for a single one the slope of its sigmoid."""
    kind, *options = _need(fields, "objective").split(" ")
    sums = _integer(fields, "num_tree_per_iteration", 1, MOST_CLASSES)
    if kind == "multiclass" and sums > 1:
        return sums, 0.0
    if kind == "binary" and sums == 1:
        slopes = [option.removeprefix("sigmoid:") for option in options if option.startswith("sigmoid:")]
        sigmoid = _numbers(" ".join(slopes) or "1", 1, "sigmoid")[0]
        return sums, float(sigmoid)
    raise Refused(f"model has objective {kind[:40]} with {sums} sums, wanted multiclass or binary")


def _tree(fields: Mapping[str, str], features: int) -> Tree:
    leaves = _integer(fields, "num_leaves", 1, MOST_LEAVES)
    if _integer(fields, "num_cat", 0, 1 << 30) or fields.get("is_linear", "0") != "0":
        raise Refused("model has categorical splits or linear leaves; only numbers are split")
    splits = leaves - 1
    tree = Tree(
        features=_integers(fields, "split_feature", splits),
        thresholds=_numbers(fields.get("threshold", ""), splits, "threshold"),
        kinds=_integers(fields, "decision_type", splits),
        left=_integers(fields, "left_child", splits),
        right=_integers(fields, "right_child", splits),
        leaves=_numbers(_need(fields, "leaf_value"), leaves, "leaf_value"),
    )
    _check_numbers(tree, features)
    _check_shape(tree)
    return tree


def _check_numbers(tree: Tree, features: int) -> None:
    if np.any((tree.features < 0) | (tree.features >= features)):
        raise Refused("model splits on a feature it does not have")
    if np.any(np.isnan(tree.thresholds)) or not np.all(np.isfinite(tree.leaves)):
        raise Refused("model has a threshold or leaf that is not a number")
    if np.any((tree.kinds < 0) | (tree.kinds & (CATEGORICAL | MISSING_ZERO) != 0) | (tree.kinds > 15)):
        raise Refused("model has categorical splits or takes zero as missing; neither is read")


def _check_shape(tree: Tree) -> None:
    """Every split but the first, and every leaf, hangs on exactly one split that comes before it."""
    splits = len(tree.features)
    children = np.concatenate([tree.left, tree.right])
    wanted = sorted([*range(1, splits), *(~leaf for leaf in range(len(tree.leaves)))]) if splits else []
    if sorted(children.tolist()) != wanted:
        raise Refused("model has a tree whose nodes do not hang together")
    for split in range(splits):
        if any(0 <= child <= split for child in (tree.left[split], tree.right[split])):
            raise Refused("model has a tree that runs in a circle")


def _fields(section: str) -> dict[str, str]:
    lines = (line.partition("=") for line in section.split("\n"))
    return {name: value for name, equals, value in lines if equals}


def _need(fields: Mapping[str, str], name: str) -> str:
    if name not in fields:
        raise Refused(f"model has no {name}")
    return fields[name]


def _integer(fields: Mapping[str, str], name: str, low: int, high: int) -> int:
    found = _need(fields, name)
    if not found.isdecimal() or len(found) > 9 or not low <= int(found) <= high:
        raise Refused(f"model has {name} {found[:20]}, wanted {low} to {high}")
    return int(found)


def _integers(fields: Mapping[str, str], name: str, count: int) -> npt.NDArray[np.int64]:
    numbers = _numbers(fields.get(name, ""), count, name)
    if np.any(np.abs(numbers) > 1 << 30) or np.any(numbers != np.floor(numbers)):
        raise Refused(f"model has a {name} that is no whole number")
    return numbers.astype(np.int64)


def _numbers(text: str, count: int, name: str) -> npt.NDArray[np.float64]:
    words = text.split(" ") if text else []
    if len(words) != count:
        raise Refused(f"model has {len(words)} values of {name}, wanted {count}")
    try:
        return np.array([float(word) for word in words], np.float64)
    except ValueError:
        raise Refused(f"model has a {name} that is no number") from None
