"""Writes a finished set into its folder: artefacts, manifest and report, each whole or not at all."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from research.dataset.examples import Examples, Floats
from research.drift.profile import profile
from research.honesty.verdict import Outcome
from research.labels.next_bar import BUY, SELL
from research.members.catalogue import BY_NAME
from research.training.made import Made
from research.training.outcome import PAGE, REPORT, SetReport
from research.training.page import render
from research.training.plan import POOLED
from research.training.reference import references
from research.training.walked import WALK
from services.features.config import FeatureSpec
from services.inference import manifest as manifests
from services.inference.manifest import Manifest
from services.inference.model import check_hashes, verify
from services.inference.outliers import spread_of
from shared.failures import Corrupt, Refused
from shared.models.seal import MANIFEST, SIGNATURE

ENTRY_QUANTILE: Final = 0.95
UNFINISHED: Final = ".unfinished"
OURS: Final = (PAGE, WALK, MANIFEST, SIGNATURE, *(f"{one.name}{one.suffix}" for one in BY_NAME.values()))
"""What a set may leave beside its report and plain arrays."""
LIBRARIES: Final = {
    "lightgbm": "lightgbm",
    "xgboost": "xgboost-cpu",
    "catboost": "catboost",
    "forest": "numba",
    "linear": "numpy",
}


def manifest_of(
    made: Made, report: SetReport, spec: FeatureSpec, examples: Examples, terms: tuple[Floats, int, int]
) -> Manifest:
    """The manifest of a model of all rows; `terms` are the claims of the walk, the horizon and the seed."""
    claimed, horizon_ns, seed = terms
    answered = ~np.isnan(claimed).any(axis=1)
    tested = claimed[answered]
    likeliest = np.maximum(tested[:, SELL], tested[:, BUY])
    return msgspec.structs.replace(
        made.manifest(examples.names),
        name=report.name,
        spec=spec.hash,
        interval_ns=spec.interval_ns,
        label=report.label,
        horizon_ns=horizon_ns,
        sector="" if report.sector == POOLED else report.sector,
        trained_from_ns=int(examples.times_ns[0]),
        trained_until_ns=int(examples.end_ns.max()),
        rows=len(examples),
        seed=seed,
        dataset=report.dataset.hash,
        verdict=report.verdict,
        spread=spread_of(examples.values),
        versions=_versions(made),
        scores=scores_of(report),
        thresholds={"entry": float(np.quantile(likeliest, ENTRY_QUANTILE))},
        reference=references(made, examples.names, examples.values),
        profile=profile(examples.names, examples.values, tested, examples.times_ns),
    )


def scores_of(report: SetReport) -> dict[str, float]:
    """The scores of the walk, each with its interval and the score of the base rates."""
    card = report.scorecard
    scores = {"rows": float(card.rows), "majority_accuracy": card.majority_accuracy}
    for one in card.scores:
        scores[one.name] = one.value
        scores[f"{one.name}_low"], scores[f"{one.name}_high"] = one.low, one.high
        scores[f"{one.name}_base"] = one.base
    return {name: value for name, value in scores.items() if np.isfinite(value)}


def write_model(folder: Path, made: Made, manifest: Manifest) -> None:
    """The artefacts, then the manifest, after the server's own checks have passed on them."""
    content = manifests.encode(manifest)
    verify(content, made.artefacts)
    for name, artefact in made.artefacts.items():
        write(folder / name, artefact)
    write(folder / MANIFEST, content)


def write_report(folder: Path, report: SetReport) -> None:
    """The page, and last of all the report: a set is finished when it has one."""
    write(folder / PAGE, render(report).encode())
    write(folder / REPORT, msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def begin(folder: Path) -> None:
    """Takes away what an earlier training left, its report first: what is half made is never believed."""
    (folder / REPORT).unlink(missing_ok=True)
    for file in folder.glob("*"):
        if file.name in OURS or file.suffix in (UNFINISHED, ".arrays"):
            file.unlink()


def read_report(folder: Path) -> SetReport | None:
    """The report of a finished set, if there is one of today's form."""
    try:
        return msgspec.json.decode((folder / REPORT).read_bytes(), type=SetReport)
    except (OSError, msgspec.MsgspecError, Corrupt):
        return None


def found_whole(folder: Path, key: str) -> SetReport | None:
    """The report of a set that was finished with this key, if all that it kept is there and unharmed."""
    report = read_report(folder)
    if report is None or report.key != key:
        return None
    try:
        if report.verdict != Outcome.BLOCKED.value:
            manifest = manifests.decode((folder / MANIFEST).read_bytes())
            check_hashes(manifest, {name: (folder / name).read_bytes() for name in manifest.files})
            if manifest.dataset != report.dataset.hash:
                return None
        return report
    except (OSError, Refused, Corrupt):
        return None


def write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + UNFINISHED)
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _versions(made: Made) -> dict[str, str]:
    pieces = made.pieces if made.meta is None else (*made.pieces, made.meta)
    return {LIBRARIES[kind]: version(LIBRARIES[kind]) for kind in sorted({piece.kind for piece in pieces})}
