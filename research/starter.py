"""Trains the starter model: small, deterministic, and honest about how little it knows."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from research.dataset.learning import NO_FACTS, Dataset, make_dataset, split_by_time
from research.drift.profile import profile
from research.labels.next_bar import BUY, SELL, spelt
from research.scores.plain import report
from services.features.config import FeatureSpec
from services.inference.manifest import CLASSES, Manifest, Member, Reference, encode
from services.inference.model import predictor_of
from services.inference.outliers import spread_of
from shared.block import Block
from shared.failures import Refused
from shared.models.seal import MANIFEST

ARTEFACT: Final = "model.txt"
NAME: Final = "starter"
ROUNDS: Final = 40
THREADS: Final = 1
BARS_AHEAD: Final = 1
TRAINING_SHARE: Final = 0.8
BAND_QUANTILE: Final = 1.0 / 3.0
ENTRY_QUANTILE: Final = 0.95
REFERENCE_ROWS: Final = 16
FURTHEST: Final = 1.0
"""The share of training rows that are no outliers: a starter marks only what lies beyond all it has seen."""
FEWEST_ROWS: Final = 500


def train_starter(
    bars: Block, spec: FeatureSpec, folder: Path, seed: int, facts: Block = NO_FACTS
) -> Manifest:
    """Trains on closed bars, scores the later fifth, and writes model and manifest into the folder."""
    band = _band(bars)
    dataset = make_dataset(bars, spec, BARS_AHEAD, band, facts)
    if len(dataset) < FEWEST_ROWS:
        raise Refused(f"training wants at least {FEWEST_ROWS} warm rows with a label, found {len(dataset)}")
    earlier, later = split_by_time(dataset, TRAINING_SHARE)
    booster = _fit(earlier, seed)
    artefact = booster.model_to_string().encode("ascii")
    manifest = _manifest(artefact, earlier, _reference(booster, later), seed)
    manifest = msgspec.structs.replace(manifest, label=spelt(BARS_AHEAD, band))
    _, probabilities = predictor_of(manifest, {ARTEFACT: artefact}).predict(later.values)
    likeliest = np.maximum(probabilities[:, SELL], probabilities[:, BUY])
    manifest = msgspec.structs.replace(
        manifest,
        scores=report(earlier, later, probabilities),
        profile=profile(spec.features, earlier.values, probabilities, earlier.times_ns),
        thresholds={"entry": float(np.quantile(likeliest, ENTRY_QUANTILE))},
    )
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / ARTEFACT, artefact)
    _write(folder / MANIFEST, encode(manifest))
    return manifest


def _band(bars: Block) -> float:
    """The move that a third of all next bars stay below, from the part that is trained on."""
    bars = bars.sorted()
    from_ns = bars["event_time_ns"][int(len(bars) * TRAINING_SHARE)] if len(bars) else 0
    closes = bars["close"].astype(np.float64)
    order = np.lexsort([bars["event_time_ns"], bars["instrument"]])
    order = order[bars["event_time_ns"][order] < from_ns]
    same = bars["instrument"][order][1:] == bars["instrument"][order][:-1]
    moves = np.abs(np.diff(np.log(closes[order])))[same]
    return float(np.quantile(moves, BAND_QUANTILE)) if len(moves) else 0.0


def _fit(dataset: Dataset, seed: int) -> Any:
    """The booster; LightGBM is imported here because only training needs it."""
    import lightgbm

    settings: dict[str, Any] = {
        "objective": "multiclass",
        "num_class": len(CLASSES),
        "num_leaves": 15,
        "learning_rate": 0.1,
        "min_data_in_leaf": 200,
        "lambda_l2": 10.0,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "max_bin": 63,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": THREADS,
        "verbosity": -1,
    }
    settings["min_data_in_leaf"] = min(200, max(20, len(dataset) // 200))
    names = list(dataset.spec.features)
    data = lightgbm.Dataset(_as_served(dataset.values), dataset.labels.classes, feature_name=names)
    return lightgbm.train(settings, data, num_boost_round=ROUNDS)


def _as_served(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A model compares values of 24 bits, so that thresholds mean the same in training and in serving."""
    return values.astype(np.float32).astype(np.float64)


def _manifest(artefact: bytes, earlier: Dataset, reference: tuple[Reference, ...], seed: int) -> Manifest:
    import lightgbm

    spec = earlier.spec
    digest = hashlib.sha256(artefact).hexdigest()
    return Manifest(
        name=NAME,
        family="booster",
        members=(Member(name="lightgbm", kind="lightgbm", artefact=ARTEFACT, sha256=digest),),
        spread=spread_of(earlier.values, FURTHEST),
        features=spec.features,
        spec=spec.hash,
        interval_ns=spec.interval_ns,
        label="",
        horizon_ns=BARS_AHEAD * spec.interval_ns,
        trained_from_ns=int(earlier.times_ns[0]),
        trained_until_ns=int(earlier.labels.end_ns.max()),
        rows=len(earlier),
        seed=seed,
        versions={"lightgbm": lightgbm.__version__, "numpy": np.__version__},
        reference=reference,
    )


def _reference(booster: Any, later: Dataset) -> tuple[Reference, ...]:
    """Rows of the later part, with what LightGBM says of them."""
    places = np.linspace(0, len(later) - 1, REFERENCE_ROWS).astype(int)
    values = _as_served(later.values[places])
    return tuple(
        Reference(values=tuple(row), members=(tuple(said),), probabilities=tuple(said))
        for row, said in zip(values.tolist(), booster.predict(values).tolist(), strict=True)
    )


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)
