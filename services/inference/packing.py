"""Packs every member of a model into the few flat arrays that one kernel call walks through.

A node is one 64-bit word: its threshold in the upper half, then how far ahead its left child lies (the
right one lies behind that), then the key it compares with. Thresholds and values are compared as integers
of the same order. A leaf compares with a key below all keys and leads no way ahead: a walk stays there; its
threshold is the place of its values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.inference import layout, parts, questions
from services.inference.layout import KEY_BITS, LANES, Program
from services.inference.manifest import Manifest
from services.inference.parts import ALL, OUTPUTS, Linear, Oblivious, Part, Trees
from services.inference.questions import Asked
from shared.failures import Refused

MOST_LEAVES: Final = 1 << 28

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.int32]
Singles = npt.NDArray[np.float32]
_NONE: Final = np.zeros(0, np.int64)


class Packed(NamedTuple):
    """One member's share of the program, every place counted from its own first."""

    kind: int
    numbers: npt.NDArray[np.float64]
    low: Ints = _NONE
    high: Ints = _NONE
    is_leaf: npt.NDArray[np.bool_] = _NONE.astype(np.bool_)
    leaves: Singles = _NONE.astype(np.float32)
    places: Ints = _NONE
    groups: Ints = _NONE
    columns: int = 0
    script: Keys = questions.NONE


def program(manifest: Manifest, members: Sequence[Part]) -> Program:
    """The whole model; with a meta member, that is the last."""
    width, count = len(manifest.features), len(manifest.members)
    packed = [
        pack(part, np.array(member.reads(width)))
        for member, part in zip(manifest.members, members, strict=False)
    ]
    if manifest.meta is not None:
        packed.append(pack(members[-1], width + np.arange(OUTPUTS * count)))
    slots = 1 + 2 * width + 2 * OUTPUTS * count
    if slots > 1 << KEY_BITS:
        raise Refused(f"model {manifest.name} has {count} members for {width} features, too many together")
    head = [manifest.meta is not None, manifest.calibration is not None, manifest.spread is not None]
    table = [[*map(int, head), slots, 1 + 2 * width, int(manifest.combine == "blended")]]
    table[0] += [0] * (layout.LINE - len(table[0]))
    whole = _Whole(_head_numbers(manifest))
    for place, each in enumerate(packed):
        weight = manifest.members[place].weight if place < count else 0.0
        table.append(whole.add(each, weight))
    return whole.program(table)


def _head_numbers(manifest: Manifest) -> list[float]:
    calibration, spread = manifest.calibration, manifest.spread
    numbers = [*calibration.scale, *calibration.shift] if calibration else [0.0] * 6
    if spread:
        numbers += [spread.limit, *spread.mean, *(1.0 / sd for sd in spread.sd)]
    return numbers


class _Whole:
    """The arrays of all members, one behind the other."""

    def __init__(self, numbers: list[float]) -> None:
        self.numbers: list[npt.NDArray[np.float64]] = [np.array(numbers)]
        self.nodes: list[npt.NDArray[np.uint64]] = []
        self.leaves: list[Singles] = []
        self.places: list[npt.NDArray[Any]] = []
        self.groups: list[Ints] = []

    def add(self, member: Packed, weight: float) -> list[int]:
        """Appends a member; its line of the table says where each of its shares begins."""
        node, leaf, place, group, number = (
            sum(map(len, arrays))
            for arrays in (self.nodes, self.leaves, self.places, self.groups, self.numbers)
        )
        if leaf + len(member.leaves) > MOST_LEAVES:
            raise Refused(f"model has more than {MOST_LEAVES} values at its leaves")
        high = np.where(member.is_leaf, member.high + leaf, member.high)
        self.nodes.append((high.astype(np.uint64) << np.uint64(32)) | member.low.astype(np.uint64))
        self.leaves.append(member.leaves)
        places = member.places + (node if member.kind == layout.TREES else 0)
        script = place + len(places), place + len(places) + len(member.script)
        self.places += [places, member.script]
        self.groups.append(member.groups)
        self.numbers.append(np.concatenate([[weight], member.numbers]))
        ends = group // 2 + len(member.groups) // 2
        return [member.kind, node, group // 2, ends, place, leaf, number + 1, member.columns, *script]

    def program(self, table: list[list[int]]) -> Program:
        """All of it; nothing may be written to any more."""
        return Program(
            nodes=_whole(self.nodes, np.uint64),
            leaves=_whole(self.leaves, np.float32),
            places=_whole(self.places, np.int32),
            groups=_whole(self.groups, np.int32),
            numbers=_whole(self.numbers, np.float64),
            table=np.array(table, np.int64),
        )


def pack(part: Part, columns: Ints) -> Packed:
    """A member that reads these columns of the row."""
    if isinstance(part, Trees):
        return _pack_trees(part, columns)
    if isinstance(part, Oblivious):
        return _pack_oblivious(part, columns)
    return _pack_linear(part, columns)


def ordered(values: Singles) -> npt.NDArray[np.int32]:
    """Integers in the same order as these numbers."""
    bits = (values + np.float32(0.0)).view(np.int32)
    return bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))


def _keys(columns: Ints, nan_above: npt.NDArray[np.bool_]) -> Ints:
    """Which key of a row a node compares with: one of two, for a missing value is below or above all."""
    return 1 + 2 * columns + nan_above


def _pack_trees(trees: Trees, columns: Ints) -> Packed:
    """The nodes of a tree level by level, siblings side by side, and behind all trees one leaf of nothing.

    The values of a tree's leaves lie from left to right.
    """
    met = parts.levels(trees)
    leaves = questions.leaves_of(trees, met)
    by_tree = np.argsort(met.tree, kind="stable")
    order, owner = met.node[by_tree], met.tree[by_tree]
    place = np.zeros(len(trees.feature), np.int64)
    place[order] = np.arange(len(order))
    inner = trees.feature[order] >= 0
    at, ends = order[inner], order[~inner]
    key = _keys(columns[trees.feature[at]], trees.nan_right[at])
    border, size = ordered(trees.threshold[at]).astype(np.int64), trees.values.shape[1]
    number = leaves.starts[owner[~inner]] + leaves.first[ends]
    low, high = np.zeros(len(order) + 1, np.int64), np.zeros(len(order) + 1, np.int64)
    low[:-1][inner] = key | ((place[trees.left[at]] - place[at]) << KEY_BITS)
    high[:-1][inner] = border & 0xFFFFFFFF
    high[:-1][~inner] = number * size
    high[-1] = len(ends) * size
    values = np.zeros((len(ends) + 1, size), np.float32)
    values[number] = trees.values[ends]
    depth = np.zeros(len(trees.roots), np.int64)
    np.maximum.at(depth, met.tree, met.level)
    chosen, groups = _grouped(trees.outputs, depth)
    left = leaves.first[at] + leaves.below[trees.left[at]]
    asked = Asked(owner[inner], leaves.first[at], left, key, border)
    outputs = np.repeat(groups[1::2], LANES)
    return Packed(
        kind=layout.TREES,
        numbers=np.array([*trees.base, len(trees.roots) if trees.averaged else 0.0]),
        low=low,
        high=high,
        is_leaf=np.append(~inner, True),
        leaves=values.ravel(),
        places=np.append(place[trees.roots], len(order))[chosen],
        groups=groups,
        script=questions.script(asked, chosen, outputs, leaves, size),
    )


def _grouped(outputs: npt.NDArray[np.int32], depth: Ints) -> tuple[Ints, Ints]:
    """Trees in groups of one output and like depth; what a group lacks is the leaf of nothing."""
    chosen, groups = [], []
    for output in range(ALL, OUTPUTS):
        trees = np.flatnonzero(outputs == output)
        trees = trees[np.argsort(depth[trees], kind="stable")]
        for first in range(0, len(trees), LANES):
            group = trees[first : first + LANES]
            chosen.append(np.append(group, np.full(LANES - len(group), len(outputs))))
            groups.append([int(depth[group].max()), output])
    return np.concatenate(chosen), np.array(groups, np.int64).ravel()


def _pack_oblivious(trees: Oblivious, columns: Ints) -> Packed:
    return Packed(
        kind=layout.OBLIVIOUS,
        numbers=np.array([*trees.base, 0.0]),
        low=_keys(columns[trees.feature], trees.nan_above),
        high=ordered(trees.border).astype(np.int64) & 0xFFFFFFFF,
        is_leaf=np.zeros(len(trees.feature), np.bool_),
        leaves=trees.values.ravel(),
        groups=np.stack([trees.depth, np.zeros_like(trees.depth)], axis=1).ravel().astype(np.int64),
    )


def _pack_linear(model: Linear, columns: Ints) -> Packed:
    terms = np.column_stack([model.mean, model.scale, model.weights])
    return Packed(
        kind=layout.LINEAR,
        numbers=np.concatenate([model.bias, [0.0], terms.ravel()]),
        places=columns,
        columns=len(columns),
    )


def _whole(arrays: Sequence[npt.NDArray[Any]], dtype: type[np.generic]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(np.concatenate(arrays), dtype)
