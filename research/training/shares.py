"""Exact shares of the members (SHAP values): which features move them, by how much, and which way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from research.dataset.examples import Examples, Floats, Rows
from research.labels.next_bar import BUY, SELL
from research.training.made import Made
from services.inference.attributing import attribute

MOST_ROWS: Final = 250
DRAWN_FEATURES: Final = 10
DRAWN_ROWS: Final = 120
MARGIN, PROBABILITY = "log-odds", "probability"


class FeatureShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a feature moves each class on average; direction 1: high values speak for buy, -1: for sell."""

    feature: str
    sell: float
    hold: float
    buy: float
    direction: float


class Swarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feature on some rows: what it added to buy less sell, and how high its value stood among them."""

    feature: str
    leans: tuple[float, ...]
    heights: tuple[float, ...]


class MemberShares(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member: its features, the weightiest first, and the picture of its first ones."""

    name: str
    kind: str
    unit: str
    rows: int
    features: tuple[FeatureShare, ...]
    swarm: tuple[Swarm, ...]


def shares_of(made: Made, examples: Examples, rows: Rows) -> tuple[MemberShares, ...]:
    """Every member that weighs features against each other, on some of these rows."""
    some = rows[:: max(1, len(rows) // MOST_ROWS)]
    values = examples.values[some].astype(np.float32).astype(np.float64)
    return tuple(_members(made, examples.names, values))


def _members(made: Made, names: tuple[str, ...], values: Floats) -> Iterator[MemberShares]:
    parts = made.parts(names)
    for piece, part in zip(made.pieces, parts, strict=False):
        columns = list(range(len(names)) if piece.columns is None else piece.columns)
        if len(columns) < 2:
            continue
        seen = values[:, columns]
        shares = attribute(part, seen).shares
        features = [_feature(names[column], seen[:, at], shares[:, at]) for at, column in enumerate(columns)]
        order = sorted(range(len(columns)), key=lambda at: (-_weight(features[at]), features[at].feature))
        drawn = [at for at in order[:DRAWN_FEATURES] if _weight(features[at]) > 0.0]
        yield MemberShares(
            name=piece.name,
            kind=piece.kind,
            unit=PROBABILITY if piece.kind == "forest" else MARGIN,
            rows=len(values),
            features=tuple(features[at] for at in order),
            swarm=tuple(_swarm(features[at].feature, seen[:, at], shares[:, at]) for at in drawn),
        )


def _feature(name: str, values: Floats, shares: Floats) -> FeatureShare:
    sell, hold, buy = np.abs(shares).mean(axis=0).tolist()
    return FeatureShare(
        feature=name,
        sell=sell,
        hold=hold,
        buy=buy,
        direction=_along(values, shares[:, BUY] - shares[:, SELL]),
    )


def _weight(one: FeatureShare) -> float:
    return one.sell + one.hold + one.buy


def _along(values: Floats, leans: Floats) -> float:
    """The rank correlation of a feature's value with what it adds to buy less sell; 0 where one is flat."""
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) == 0.0 or np.ptp(leans[known]) == 0.0:
        return 0.0
    return float(np.corrcoef(_ranks(values[known]), _ranks(leans[known]))[0, 1])


def _swarm(name: str, values: Floats, shares: Floats) -> Swarm:
    every = max(1, len(values) // DRAWN_ROWS)
    seen, leans = values[::every], (shares[:, BUY] - shares[:, SELL])[::every]
    heights = _ranks(np.nan_to_num(seen)) / max(len(seen) - 1, 1)
    return Swarm(feature=name, leans=tuple(leans.tolist()), heights=tuple(heights.tolist()))


def _ranks(values: Floats) -> Floats:
    """Ranks from 0, equal values sharing the mean of theirs."""
    _, place, sizes = np.unique(values, return_inverse=True, return_counts=True)
    below = np.cumsum(sizes) - sizes
    ranks: Floats = (below + (sizes - 1) / 2.0)[place]
    return ranks
