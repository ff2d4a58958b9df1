"""Checks against the tape: what a row says was known when it says so, of all that there was, live too."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from research.dataset.examples import Floats, Rows, Times
from research.honesty.study import UNKNOWN
from research.honesty.trial import Trial
from research.honesty.verdict import Finding, blocked, passed


def features_know_no_future(trial: Trial) -> Finding:
    """A row's features stay what they are when the tape ends with that row."""
    examples = trial.study.examples
    for cut_ns in _cuts(trial):
        before = np.flatnonzero(examples.times_ns <= cut_ns)
        made = trial.study.source.values(cut_ns)
        if made.shape != examples.values.shape:
            found = f"{made.shape[1]} features for {len(made)} rows"
            return blocked("future features", f"made again from a tape that ends earlier, there are {found}")
        worst = _difference(trial, examples.values[before], made[before])
        if worst is not None:
            row, column = before[worst[0]], worst[1]
            return blocked(
                "future features",
                f"feature {examples.names[column]} of row {row} is {examples.values[row, column]:.6g}, but "
                f"{made[row, column]:.6g} when the tape ends at {cut_ns}: it knows what comes later",
            )
    return passed("future features", "every feature is the same when the tape ends with its row")


def labels_end_when_they_say(trial: Trial) -> Finding:
    """A label is known, and final, from its end time on."""
    examples = trial.study.examples
    if np.any(examples.end_ns <= examples.times_ns):
        return blocked("label ends", "a label ends no later than its row: it says nothing of the future")
    for cut_ns in (*_cuts(trial), int(examples.end_ns.max())):
        ended = np.flatnonzero(examples.end_ns <= cut_ns)
        made = trial.study.source.classes(cut_ns)[ended]
        wrong = np.flatnonzero(made != examples.classes[ended])
        if len(wrong):
            row, found = ended[wrong[0]], made[wrong[0]]
            what = "not known yet" if found == UNKNOWN else f"class {found}"
            return blocked(
                "label ends",
                f"the label of row {row} is class {examples.classes[row]} and says it ended at "
                f"{examples.end_ns[row]}, but on a tape that ends at {cut_ns} it is {what}",
            )
    return passed("label ends", "every label is known and final at its end time")


def the_universe_is_of_its_day(trial: Trial) -> Finding:
    """The rows are those of the instruments that were there to be traded, the dead and the dull included."""
    times_ns, instruments = trial.study.source.eligible()
    eligible = set(zip(times_ns.tolist(), instruments.tolist(), strict=True))
    examples = trial.study.examples
    found = list(zip(examples.times_ns.tolist(), examples.instruments.tolist(), strict=True))
    held = set(found)
    if len(held) < len(found):
        twice = len(found) - len(held)
        return blocked("universe", f"{twice} rows stand for a time and instrument that another row has")
    if extra := held - eligible:
        return blocked("universe", f"{len(extra)} rows are of instruments that could not be traded then")
    if missing := eligible - held:
        gone = len({instrument for _, instrument in missing} - set(examples.instruments.tolist()))
        return blocked(
            "universe",
            f"{len(missing)} of {len(eligible)} rows of the universe are left out, "
            f"{gone} instruments wholly: what is left was chosen by what came later",
        )
    return passed("universe", f"all {len(eligible)} rows of the universe are there, once each")


def served_as_trained(trial: Trial) -> Finding:
    """The live service gives the vector that was learnt from."""
    examples, limits = trial.study.examples, trial.limits
    rows: Rows = np.unique(np.linspace(0, len(examples) - 1, limits.served_rows).astype(np.int64))
    live = trial.study.source.served(rows)
    if live.shape != (len(rows), len(examples.names)):
        return blocked(
            "skew", f"the live service gives {live.shape[1]} features, {len(examples.names)} were learnt"
        )
    worst = _difference(trial, examples.values[rows], live)
    if worst is None:
        return passed("skew", f"{len(rows)} rows are served as they were learnt")
    place, column = worst
    return blocked(
        "skew",
        f"feature {examples.names[column]} of row {rows[place]} was learnt as "
        f"{examples.values[rows[place], column]:.6g} and is served as {live[place, column]:.6g}",
    )


def _cuts(trial: Trial) -> list[int]:
    """Moments of the tape between its first third and its end, by the seed and so not to be aimed at."""
    moments: Times = np.unique(trial.study.examples.times_ns)
    draw = np.random.default_rng(trial.study.seed)
    edges = np.linspace(len(moments) // 3, len(moments) - 1, trial.limits.cuts + 1).astype(int)
    places = [int(draw.integers(low, max(high, low + 1))) for low, high in pairwise(edges)]
    return [int(moments[place]) for place in places]


def _difference(trial: Trial, one: Floats, other: Floats) -> tuple[int, int] | None:
    """Where two tables differ most, if they differ; both NaN is no difference, one NaN is the greatest."""
    scale = np.maximum(np.maximum(np.abs(one), np.abs(other)), 1.0)
    gap = np.abs(one - other) / scale
    gap = np.where(np.isnan(one) & np.isnan(other), 0.0, np.where(np.isnan(gap), np.inf, gap))
    gap[one == other] = 0.0
    if not gap.size or gap.max() <= trial.limits.tolerance:
        return None
    row, column = np.unravel_index(int(np.argmax(gap)), gap.shape)
    return int(row), int(column)
