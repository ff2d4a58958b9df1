"""Forests and linear models of our own, from their plain arrays."""

from __future__ import annotations

import numpy as np

from services.inference import arrays, parts
from services.inference.parts import ALL, OUTPUTS, Linear, Trees
from shared.failures import Refused


def forest(content: bytes, width: int) -> Trees:
    """The forest of a file that reads so many columns: the answer is the mean of its trees' probabilities."""
    found = arrays.decode("forest", content)
    nodes = len(found["feature"])
    sizes = {name: len(found[name]) for name in ("threshold", "left", "right", "probabilities", "cover")}
    if set(sizes.values()) != {nodes} or found["probabilities"].shape[1] != OUTPUTS:
        raise Refused(f"forest model has {nodes} nodes and other numbers beside them")
    leaves = found["probabilities"][found["feature"] < 0]
    if np.any(leaves < 0) or np.any(np.abs(leaves.sum(axis=1) - 1.0) > 1e-4):
        raise Refused("forest model has a leaf whose probabilities do not add up to one")
    return parts.checked(
        Trees(
            names=(),
            width=width,
            feature=found["feature"],
            threshold=found["threshold"],
            nan_right=np.ones(nodes, np.bool_),
            left=found["left"],
            right=found["right"],
            values=found["probabilities"],
            cover=found["cover"],
            roots=found["roots"],
            outputs=np.full(len(found["roots"]), ALL, np.int32),
            base=np.zeros(OUTPUTS),
            averaged=True,
        )
    )


def linear(content: bytes) -> Linear:
    """The linear model of a file."""
    found = arrays.decode("linear", content)
    width = len(found["mean"])
    shapes = found["scale"].shape, found["weights"].shape, found["bias"].shape
    if shapes != ((width,), (width, OUTPUTS), (OUTPUTS,)):
        raise Refused(f"linear model has {width} means and shapes {shapes} beside them")
    if np.any(found["scale"] <= 0):
        raise Refused("linear model has a scale that is not above zero")
    return Linear((), width, found["mean"], found["scale"], found["weights"], found["bias"])
