"""A distribution as the shares of its bins, and how far two of them are apart."""

from __future__ import annotations

from typing import Final

import numpy as np

from research.dataset.examples import Floats
from services.inference.usual import Shape

BINS: Final = 20
LEAST_SHARE: Final = 1e-4
"""A bin that was empty counts as this share, else one row in it would be an infinite surprise."""


def shape_of(values: Floats, bins: int = BINS) -> Shape:
    """Bins that hold about as many rows each; a value that fills several of them keeps one."""
    known = values[np.isfinite(values)]
    cuts = np.quantile(known, np.linspace(0.0, 1.0, bins + 1)[1:-1]) if len(known) else np.empty(0)
    edges = np.unique(cuts)
    return Shape(edges=tuple(edges.tolist()), shares=tuple(shares_of(values, tuple(edges.tolist())).tolist()))


def shares_of(values: Floats, edges: tuple[float, ...]) -> Floats:
    """The share of each bin; a bin takes its upper edge, and the last one what is missing."""
    known = np.isfinite(values)
    place = np.where(
        known, np.searchsorted(np.array(edges), np.where(known, values, 0.0), side="left"), len(edges) + 1
    )
    counts = np.bincount(place, minlength=len(edges) + 2).astype(np.float64)
    shares: Floats = counts / max(len(values), 1)
    return shares


def psi(one: Floats, other: Floats) -> float:
    """Population stability index: 0 when the shares are alike; above 0.25 is commonly called a shift."""
    first, second = np.maximum(one, LEAST_SHARE), np.maximum(other, LEAST_SHARE)
    return float(np.sum((first - second) * np.log(first / second)))


def ks(one: Floats, other: Floats) -> float:
    """Kolmogorov and Smirnov's distance at the edges: the largest gap between what lies below them."""
    return float(np.max(np.abs(np.cumsum(one) - np.cumsum(other)))) if len(one) else 0.0
