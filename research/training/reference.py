"""What the libraries themselves say of a few rows: a server that loads the model must say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from research.dataset.examples import Floats
from research.training.calibrating import apply
from research.training.made import Made, Piece
from services.inference import arrays
from services.inference.manifest import Reference

ROWS: Final = 16


def references(made: Made, features: tuple[str, ...], values: Floats) -> tuple[Reference, ...]:
    """Rows evenly from these values, with the libraries' answers."""
    rows = np.unique(np.linspace(0, len(values) - 1, ROWS).astype(int))
    asked = values[rows].astype(np.float32).astype(np.float64)
    said = np.stack([_answered(piece, asked) for piece in made.pieces], axis=1)
    whole = apply(made.calibration, _combined(made, said))
    return tuple(
        Reference(
            values=tuple(row.tolist()),
            members=tuple((float(a), float(b), float(c)) for a, b, c in of_members),
            probabilities=(float(of_all[0]), float(of_all[1]), float(of_all[2])),
        )
        for row, of_members, of_all in zip(asked, said, whole, strict=True)
    )


def _answered(piece: Piece, values: Floats) -> Floats:
    columns = values if piece.columns is None else values[:, list(piece.columns)]
    return ANSWERS[piece.kind](piece.content, columns)


def _combined(made: Made, said: Floats) -> Floats:
    """One answer of all members'; the meta-learner hears them in 32 bits, as it was taught."""
    if made.combine == "single":
        found: Floats = said[:, 0]
        return found
    weights = np.array([piece.weight for piece in made.pieces])
    mixed: Floats = np.tensordot(said, weights / weights.sum(), axes=([1], [0]))
    if made.meta is None:
        return mixed
    heard = said.reshape(len(said), -1).astype(np.float32).astype(np.float64)
    stacked = _answered(made.meta, heard)
    return 0.5 * (stacked + mixed) if made.combine == "blended" else stacked


def _lightgbm(content: bytes, values: Floats) -> Floats:
    import lightgbm

    booster = lightgbm.Booster(model_str=content.decode("ascii"))
    return np.asarray(booster.predict(values, num_threads=1), np.float64)


def _xgboost(content: bytes, values: Floats) -> Floats:
    import xgboost

    booster = xgboost.Booster({"nthread": 1}, model_file=bytearray(content))
    return np.asarray(booster.predict(xgboost.DMatrix(values.astype(np.float32), nthread=1)), np.float64)


def _catboost(content: bytes, values: Floats) -> Floats:
    import catboost

    model = catboost.CatBoost()
    model.load_model(blob=content)
    said = model.predict(values.astype(np.float32), prediction_type="Probability", thread_count=1)
    return np.asarray(said, np.float64)


def _forest(content: bytes, values: Floats) -> Floats:
    """A walk through every tree, a level of all rows at a time."""
    found = arrays.decode("forest", content)
    rows, single = np.arange(len(values)), values.astype(np.float32)
    whole = np.zeros((len(values), 3))
    for root in found["roots"]:
        node = np.full(len(values), root)
        while (inner := found["feature"][node] >= 0).any():
            value = single[rows, np.maximum(found["feature"][node], 0)]
            left = value <= found["threshold"][node]
            after = np.where(left, found["left"][node], found["right"][node])
            node = np.where(inner, after, node)
        whole += found["probabilities"][node]
    return whole / len(found["roots"])


def _linear(content: bytes, values: Floats) -> Floats:
    found = arrays.decode("linear", content)
    known = np.nan_to_num((values - found["mean"]) / found["scale"])
    sums = known @ found["weights"] + found["bias"]
    grown = np.exp(sums - sums.max(axis=1, keepdims=True))
    said: Floats = grown / grown.sum(axis=1, keepdims=True)
    return said


ANSWERS: Final[Mapping[str, Callable[[bytes, Floats], Floats]]] = {
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "catboost": _catboost,
    "forest": _forest,
    "linear": _linear,
}
"""How each kind is asked without the serving engine."""
