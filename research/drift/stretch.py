"""A stretch of a live run: what a model was shown, what it said, and what came of it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Examples, Floats, Rows, Times
from research.drift.outcomes import outcomes
from research.honesty.study import UNKNOWN
from services.inference.manifest import Manifest
from shared.block import Block
from shared.engine.promise import read_state
from shared.engine.readers import RECORDER
from shared.failures import Refused
from shared.store.contract import Store
from shared.streams import PREDICTIONS
from shared.time import BEFORE_TAPE

NOT_WARM: Final = 1
LEAD_BARS: Final = 128
"""Bars before the stretch: the width of a barrier looks back."""
WIDER: Final = (1, 8, 64)
"""A market that sleeps has fewer closes than its time has intervals."""


class Stretch(NamedTuple):
    """Rows whose outcome is known, and the answers that were given to them."""

    examples: Examples
    probabilities: Floats


def stretch(store: Store, run: str, manifest: Manifest, moments: int) -> Stretch:
    """The last closes of a run that this model answered and whose horizon has ended."""
    said = _said(store, run, manifest, moments)
    first_ns = int(said["event_time_ns"][0])
    bars = store.rows_since(run, "bars", first_ns - LEAD_BARS * manifest.interval_ns)
    shown = store.rows_since(run, "features", first_ns)
    shown = shown.take(np.flatnonzero(shown["spec"] == manifest.spec))
    known = outcomes(bars, manifest.label)
    at_bar, at_vector = found_in(said, bars), found_in(said, shown)
    rows = np.flatnonzero((at_bar >= 0) & (at_vector >= 0))
    rows = rows[known.classes[at_bar[rows]] != UNKNOWN]
    if not len(rows):
        raise Refused(f"run {run} has no recorded answer of {manifest.name} whose horizon has ended")
    of_bar, of_vector = at_bar[rows], at_vector[rows]
    examples = Examples(
        manifest.features,
        shown["values"][of_vector],
        said["event_time_ns"][rows],
        said["instrument"][rows],
        known.classes[of_bar],
        known.returns[of_bar],
        known.end_ns[of_bar],
    )
    return Stretch(examples, said["probabilities"][rows])


def found_in(wanted: Block, rows: Block) -> Rows:
    """For each wanted close and instrument its place among rows in that order, -1 if it is not there."""
    moments = np.unique(np.concatenate([wanted["event_time_ns"], rows["event_time_ns"]]))
    keys, asked = _keys(rows, moments), _keys(wanted, moments)
    if not len(keys):
        return np.full(len(asked), -1)
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[place] == asked, place, -1)


def _keys(rows: Block, moments: Times) -> npt.NDArray[np.int64]:
    return np.searchsorted(moments, rows["event_time_ns"]) * (1 << 32) + rows["instrument"]


def _said(store: Store, run: str, manifest: Manifest, moments: int) -> Block:
    """Its answers of the last so many closes; a shadow's count as the active model's do."""
    until_ns, number = recorded_until(store, run), manifest.hash
    said = PREDICTIONS.empty(watermark_ns=BEFORE_TAPE)
    for wider in WIDER:
        since_ns = max(0, until_ns - wider * (moments + 1) * manifest.interval_ns - manifest.horizon_ns)
        rows = store.rows_since(run, PREDICTIONS.name, since_ns)
        said = rows.take(np.flatnonzero((rows["model"] == number) & (rows["flags"] & NOT_WARM == 0)))
        if len(times := np.unique(said["event_time_ns"])) >= moments or since_ns == 0:
            break
    if not len(said):
        raise Refused(f"run {run} has no recorded answer of {manifest.name}")
    times = np.unique(said["event_time_ns"])
    span = moments + manifest.horizon_ns // manifest.interval_ns
    return said.take(np.flatnonzero(said["event_time_ns"] >= times[-min(span, len(times))]))


def recorded_until(store: Store, run: str) -> int:
    """The market time up to which a live run's answers are in the record."""
    row = store.stage(run, RECORDER, 0)
    state = read_state(row.state if row else None)
    times = [
        one.watermark_ns for key, one in (state.cursors if state else {}).items() if PREDICTIONS.name in key
    ]
    if not times or max(times) <= BEFORE_TAPE:
        raise Refused(f"run {run} has recorded no predictions yet; only a live run records them")
    return max(times)
