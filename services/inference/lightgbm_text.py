"""Reads the text of a LightGBM model as untrusted input: everything is checked before anything is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.inference import parts
from services.inference.parts import MOST_TREES, OUTPUTS, Trees
from shared.failures import Refused

MOST_BYTES: Final = 64 << 20
MOST_LEAVES: Final = 4_096
MOST_FEATURES: Final = 4_096
CATEGORICAL, DEFAULT_LEFT, MISSING_ZERO, MISSING_NAN = 1, 2, 4, 8

Numbers = npt.NDArray[np.float64]


class _Tree(NamedTuple):
    """One tree with nodes numbered from zero: splits first, leaves after them."""

    feature: Numbers
    threshold: Numbers
    nan_right: npt.NDArray[np.bool_]
    left: Numbers
    right: Numbers
    values: Numbers
    cover: Numbers


def parse(content: bytes) -> Trees:
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
    _check_head(fields, head)
    if len(sections) > MOST_TREES or len(sections) % OUTPUTS:
        raise Refused(f"model has {len(sections)} trees for {OUTPUTS} classes")
    if "end of trees" not in sections[-1]:
        raise Refused("model is cut short: its end of trees is missing")
    sections[-1] = sections[-1].split("end of trees")[0]
    return parts.checked(_joined([_tree(_fields(section)) for section in sections], names))


def _check_head(fields: Mapping[str, str], head: str) -> None:
    kind = _need(fields, "objective").split(" ")[0]
    sums = _integer(fields, "num_tree_per_iteration", 1, MOST_TREES)
    if kind != "multiclass" or sums != OUTPUTS:
        raise Refused(f"model has objective {kind[:40]} with {sums} sums, wanted multiclass with {OUTPUTS}")
    if "\naverage_output" in head:
        raise Refused("model averages its trees; only boosted models are read")


def _tree(fields: Mapping[str, str]) -> _Tree:
    leaves = _integer(fields, "num_leaves", 1, MOST_LEAVES)
    if _integer(fields, "num_cat", 0, 1 << 30) or fields.get("is_linear", "0") != "0":
        raise Refused("model has categorical splits or linear leaves; only numbers are split")
    splits = leaves - 1
    kinds = _integers(fields, "decision_type", splits)
    if np.any((kinds < 0) | (kinds & (CATEGORICAL | MISSING_ZERO) != 0) | (kinds > 15)):
        raise Refused("model has categorical splits or takes zero as missing; neither is read")
    threshold = _numbers(fields.get("threshold", ""), splits, "threshold")
    told = kinds & MISSING_NAN != 0
    nan_right = np.where(told, kinds & DEFAULT_LEFT == 0, ~(threshold >= 0.0))
    feature = _integers(fields, "split_feature", splits)
    if np.any(feature < 0):
        raise Refused("model splits on a feature it does not have")
    counts = [_numbers(fields[name], size, name) if name in fields else np.zeros(size)
              for name, size in (("internal_count", splits), ("leaf_count", leaves))]  # fmt: skip
    at_leaves = np.full(leaves, -1.0)
    return _Tree(
        feature=np.concatenate([feature, at_leaves]),
        threshold=np.concatenate([threshold, np.zeros(leaves)]),
        nan_right=np.concatenate([nan_right, np.zeros(leaves, np.bool_)]),
        left=np.concatenate([_children(fields, "left_child", splits), at_leaves]),
        right=np.concatenate([_children(fields, "right_child", splits), at_leaves]),
        values=np.concatenate(
            [np.zeros(splits), _numbers(_need(fields, "leaf_value"), leaves, "leaf_value")]
        ),
        cover=np.concatenate(counts),
    )


def _children(fields: Mapping[str, str], name: str, splits: int) -> Numbers:
    """Places of children: LightGBM's negative number is a leaf's complement."""
    found = _integers(fields, name, splits)
    if np.any((found >= splits) | (~found > splits) | (found == 0)):
        raise Refused("model has a tree whose nodes do not hang together")
    return np.where(found < 0, splits + ~found, found).astype(np.float64)


def _joined(trees: Sequence[_Tree], names: tuple[str, ...]) -> Trees:
    sizes = [len(tree.feature) for tree in trees]
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    shift = np.repeat(starts, sizes)
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(tree, name) for tree in trees]) for name in _Tree._fields
    }
    inner = whole["feature"] >= 0
    with np.errstate(over="ignore", invalid="ignore"):
        return Trees(
            names=names,
            width=len(names),
            feature=whole["feature"].astype(np.int32),
            threshold=parts.rounded_down(whole["threshold"]),
            nan_right=whole["nan_right"],
            left=np.where(inner, whole["left"] + shift, -1).astype(np.int32),
            right=np.where(inner, whole["right"] + shift, -1).astype(np.int32),
            values=whole["values"].astype(np.float32)[:, None],
            cover=whole["cover"].astype(np.float32),
            roots=starts.astype(np.int32),
            outputs=(np.arange(len(trees)) % OUTPUTS).astype(np.int32),
            base=np.zeros(OUTPUTS),
        )


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


def _numbers(text: str, count: int, name: str) -> Numbers:
    words = text.split(" ") if text else []
    if len(words) != count:
        raise Refused(f"model has {len(words)} values of {name}, wanted {count}")
    try:
        numbers = np.array([float(word) for word in words], np.float64)
    except ValueError:
        raise Refused(f"model has a {name} that is no number") from None
    if np.isnan(numbers).any() or (name != "threshold" and np.isinf(numbers).any()):
        raise Refused(f"model has a {name} that is not a number")
    return numbers
