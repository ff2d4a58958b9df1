"""How a model fares on rows that it did not learn from: every measure, its limits, and how loud it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
import numpy as np
from msgspec import UNSET

from research.dataset.examples import Examples, Floats
from research.drift.bins import ks, psi, shares_of
from research.drift.changes import changes
from research.drift.levels import Level, Limits, level
from research.scores.bootstrap import Bootstrap, Interval, interval, redraws
from research.scores.calibration import expected_error_of
from research.scores.card import opinion, outcome
from research.scores.classes import SMALLEST
from research.scores.ranking import rank_ic_of
from services.inference.manifest import Manifest
from services.inference.usual import Profile, Usual
from shared.failures import Refused

FEWEST_MOMENTS: Final = 30
PSI: Final = Limits(watch=0.10, alarm=0.25)
KS: Final = Limits(watch=0.10, alarm=0.20)
SLACK: Final = 1.5
"""A stretch may be this much farther from the training time than the training time's own stretches were."""
CALIBRATION: Final = Limits(watch=0.02, alarm=0.05)
SHORTFALL: Final = Limits(watch=0.01, alarm=0.03)
CHANGES: Final = Limits(watch=1.0, alarm=3.0)


class Health(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measure: the value with its interval, what was usual, and how loud it is."""

    kind: str
    name: str
    value: float
    low: float
    high: float
    usual: float
    level: Level


class Trained(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model promised: the profile of its training time and its scores on rows it had not learnt."""

    profile: Profile
    calibration_error: float
    rank_ic_low: float


def trained_of(manifest: Manifest) -> Trained:
    """What a signed manifest promises; one that promises nothing cannot be held to anything."""
    scores = manifest.scores
    rank_ic_low = scores.get("rank_ic_low", scores.get("information_coefficient_low"))
    error = scores.get("calibration_error")
    if manifest.profile is UNSET or rank_ic_low is None or error is None:
        raise Refused(
            f"model {manifest.name} says nothing of the data that it learnt from: "
            "it is older than profiles, or was trained elsewhere; train it again"
        )
    return Trained(profile=manifest.profile, calibration_error=error, rank_ic_low=rank_ic_low)


Before = Mapping[tuple[str, str], Level]


def health(
    trained: Trained, seen: Examples, probabilities: Floats, before: Before, plan: Bootstrap
) -> list[Health]:
    """Every measure of a stretch of rows in time order, whose outcomes are known."""
    moments = len(np.unique(seen.times_ns))
    scarce = max(1.0, trained.profile.moments / max(moments, 1))
    if moments < FEWEST_MOMENTS:
        raise Refused(f"a model's health wants at least {FEWEST_MOMENTS} decided moments, found {moments}")
    weights = redraws(seen.times_ns, plan)

    def loudness(kind: str, name: str, measure: float, limits: Limits) -> Level:
        return level(measure, before.get((kind, name), Level.CALM), limits)

    return [
        *_shifts("feature", trained.profile.features, (seen.values, scarce), loudness),
        *_shifts("answer", trained.profile.answers, (probabilities, scarce), loudness),
        _calibration(trained, seen, probabilities, weights, loudness),
        _ranking(trained, seen, probabilities, weights, loudness),
        _losses(seen, probabilities, loudness),
    ]


Loudness = Callable[[str, str, float, Limits], Level]


def _shifts(
    what: str, usuals: tuple[Usual, ...], seen: tuple[Floats, float], loudness: Loudness
) -> Iterator[Health]:
    """A stretch that is shorter than those of the training time wanders farther by chance alone."""
    values, scarce = seen
    for number, known in enumerate(usuals):
        shares = shares_of(values[:, number], known.shape.edges)
        whole = np.array(known.shape.shares)
        by_psi, by_ks = _beyond(PSI, known.psi * scarce), _beyond(KS, known.ks * np.sqrt(scarce))
        yield _shift((f"{what} psi", known.name, psi(whole, shares)), known.psi, by_psi, loudness)
        yield _shift((f"{what} ks", known.name, ks(whole, shares)), known.ks, by_ks, loudness)


def _shift(found: tuple[str, str, float], usual: float, limits: Limits, loudness: Loudness) -> Health:
    kind, name, value = found
    loud = loudness(kind, name, value, limits)
    return Health(kind=kind, name=name, value=value, low=value, high=value, usual=usual, level=loud)


def _beyond(limits: Limits, usual: float) -> Limits:
    """The common limits, or more where the training time wandered farther by itself."""
    return Limits(
        watch=max(limits.watch, usual * SLACK), alarm=max(limits.alarm, usual * SLACK * 2.0), back=limits.back
    )


def _calibration(
    trained: Trained, seen: Examples, probabilities: Floats, weights: Floats, loudness: Loudness
) -> Health:
    """How much farther from the truth the probabilities certainly are than they were."""
    found = interval(expected_error_of(probabilities, seen.classes), weights)
    worse = min(found.low, found.value) - trained.calibration_error
    return _measure(
        "calibration", found, trained.calibration_error, loudness("calibration", "", worse, CALIBRATION)
    )


def _ranking(
    trained: Trained, seen: Examples, probabilities: Floats, weights: Floats, loudness: Loudness
) -> Health:
    """How far the rank IC certainly fell below the least that was promised."""
    found = interval(rank_ic_of(opinion(probabilities), outcome(seen)), weights)
    short = trained.rank_ic_low - found.high
    return _measure("rank ic", found, trained.rank_ic_low, loudness("rank ic", "", short, SHORTFALL))


def _measure(kind: str, found: Interval, usual: float, loud: Level) -> Health:
    return Health(
        kind=kind, name="", value=found.value, low=found.low, high=found.high, usual=usual, level=loud
    )


def _losses(seen: Examples, probabilities: Floats, loudness: Loudness) -> Health:
    """How often the loss began to be another one, for the worse."""
    chosen = probabilities[np.arange(len(seen)), seen.classes]
    losses = -np.log(np.maximum(chosen, SMALLEST))
    worse = [change for change in changes(losses, seen.times_ns) if change.after > change.before]
    count = float(len(worse))
    loud = loudness("loss", "changes", count, CHANGES)
    return Health(kind="loss", name="changes", value=count, low=count, high=count, usual=0.0, level=loud)
