"""Reads CatBoost's own file (.cbm) as untrusted input: oblivious trees on numbers, for three classes."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.inference.flatbuffer import Buffer, Table
from services.inference.parts import MOST_TREES, OUTPUTS, Oblivious
from shared.failures import Refused

MOST_BYTES: Final = 64 << 20
MOST_FEATURES: Final = 4_096
MOST_DEPTH: Final = 16
MAGIC: Final = b"CBM1"
FORMAT: Final = "FlabuffersModel_v1"
# Fields of the root, of its trees and of a feature, by their number in CatBoost's schema.
VERSION, TREES, INFO, PARTS = 0, 1, 2, 3
DIMENSION, SPLITS, SIZES, FLOATS, VALUES, WEIGHTS, SCALE, BIAS, BIASES = 0, 1, 2, 5, 8, 9, 14, 15, 16
OTHER_FEATURES: Final = {
    4: "categories",
    6: "one-hot",
    7: "counters",
    12: "texts",
    13: "estimates",
    18: "embeddings",
}
UNEVEN: Final = 10
PLACE, BORDERS, NAME, MISSING = 2, 3, 4, 5
AS_TRUE: Final = 2


class _Questions(NamedTuple):
    """Every (feature, border) pair by its number, and what the features are called."""

    feature: npt.NDArray[np.int32]
    border: npt.NDArray[np.float32]
    nan_above: npt.NDArray[np.bool_]
    names: tuple[str, ...]


def parse(content: bytes, width: int) -> Oblivious:
    """The model of so many columns, or one line that says what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise Refused(f"model has {len(content)} bytes, at most {MOST_BYTES} are read")
    size = int.from_bytes(content[4:8], "little")
    if content[:4] != MAGIC or size != len(content) - 8:
        raise Refused("model is not a CatBoost file, or is cut short")
    root = Buffer(content[8:]).root()
    if root.text(VERSION) != FORMAT or len(root.array(PARTS, "u4")):
        raise Refused(
            f"model has the format {root.text(VERSION)[:40]} or parts behind it, wanted {FORMAT} alone"
        )
    _check_about({each.text(0): each.text(1) for each in root.tables(INFO)})
    trees = root.table(TREES)
    _check_kind(trees)
    return _oblivious(trees, _questions(trees, width), width)


def _check_about(about: dict[str, str]) -> None:
    """Classes in our order, and a softmax over them."""
    try:
        loss = json.loads(about.get("params", "{}"))["loss_function"]["type"]
        classes = json.loads(about.get("class_params", "{}"))["class_to_label"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Refused("model does not say its loss and classes") from None
    if loss != "MultiClass" or [str(one) for one in classes] != [str(one) for one in range(OUTPUTS)]:
        raise Refused(f"model has loss {str(loss)[:40]} of {str(classes)[:40]}, wanted MultiClass of 0, 1, 2")


def _check_kind(trees: Table) -> None:
    dimension = trees.scalar(DIMENSION, "i4", 0)
    if dimension != OUTPUTS:
        raise Refused(f"model has {dimension:g} outputs, wanted {OUTPUTS}")
    for field, what in OTHER_FEATURES.items():
        if trees.tables(field):
            raise Refused(f"model reads {what}; only numbers are read")
    if len(trees.array(UNEVEN, "u4")):
        raise Refused("model has trees that are not symmetric; only oblivious trees are read")


def _questions(trees: Table, width: int) -> _Questions:
    features = trees.tables(FLOATS)
    if len(features) > MOST_FEATURES:
        raise Refused(f"model has {len(features)} features, at most {MOST_FEATURES} are read")
    columns = [int(each.scalar(PLACE, "i4", -1)) for each in features]
    if columns != list(range(width)):
        raise Refused(f"model reads {len(columns)} columns, wanted {width} in their order")
    borders = [each.array(BORDERS, "f4") for each in features]
    counts = [len(each) for each in borders]
    above = [each.scalar(MISSING, "u1", 0) == AS_TRUE for each in features]
    border = np.concatenate(borders).astype(np.float32)
    if not np.isfinite(border).all():
        raise Refused("model has a border that is not a number")
    names = tuple(each.text(NAME) for each in features)
    return _Questions(
        feature=np.repeat(np.arange(width, dtype=np.int32), counts),
        border=border,
        nan_above=np.repeat(np.array(above, np.bool_), counts),
        names=names if any(names) else (),
    )


def _oblivious(trees: Table, questions: _Questions, width: int) -> Oblivious:
    splits, depth = trees.array(SPLITS, "i4"), trees.array(SIZES, "i4").astype(np.int64)
    if not 0 < len(depth) <= MOST_TREES or np.any((depth < 0) | (depth > MOST_DEPTH)):
        raise Refused(f"model has no trees, too many, or one deeper than {MOST_DEPTH}")
    if depth.sum() != len(splits) or np.any((splits < 0) | (splits >= len(questions.border))):
        raise Refused("model asks a question that it does not have")
    leaves = int((1 << depth).sum())
    values = trees.array(VALUES, "f8") * trees.scalar(SCALE, "f8", 1.0)
    weights = trees.array(WEIGHTS, "f8")
    if len(values) != leaves * OUTPUTS or len(weights) != leaves:
        raise Refused(f"model has {len(values)} values and {len(weights)} weights for {leaves} leaves")
    biases = trees.array(BIASES, "f8")
    base = biases if len(biases) else np.full(OUTPUTS, trees.scalar(BIAS, "f8", 0.0))
    _check_finite(base, values, weights)
    return Oblivious(
        names=questions.names,
        width=width,
        feature=questions.feature[splits],
        border=questions.border[splits],
        nan_above=questions.nan_above[splits],
        depth=depth.astype(np.int32),
        values=values.reshape(leaves, OUTPUTS).astype(np.float32),
        cover=weights.astype(np.float32),
        base=np.array(base, np.float64),
    )


def _check_finite(base: npt.NDArray[Any], values: npt.NDArray[Any], weights: npt.NDArray[Any]) -> None:
    limit = float(np.finfo(np.float32).max)
    numbers_are_fine = all((np.abs(one) <= limit).all() for one in (base, values, weights))
    if len(base) != OUTPUTS or not numbers_are_fine or (weights < 0).any():
        raise Refused("model has a leaf, weight or bias that is not a number")
