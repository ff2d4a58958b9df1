"""Books that anyone can hold by a model's opinions: a rule says the weights, and each moment begins a sleeve.

A sleeve is held as long as most labels of its moment look ahead; sleeves that follow one another pay for what
changes between them, and the last of them for the way out. Weights drift with prices while they are held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from research.dataset.examples import Examples, Floats
from research.scores.bootstrap import weighted

SHARE: Final = 10
"""One instrument in so many is bought, and one in so many sold short."""


class Panel(NamedTuple):
    """A row a moment and a column an instrument: opinions and simple returns, NaN where there is no row."""

    said: Floats
    came: Floats
    worth: Floats
    """What was traded of each instrument in the bar of the moment, in money; NaN where nobody knows."""
    next: npt.NDArray[np.int64]
    """The moment at which a sleeve that begins at this one has ended."""

    @property
    def held(self) -> float:
        """For how many moments a sleeve is held, on average: so many sleeves lie side by side."""
        spans = self.next - np.arange(len(self.next))
        ended = self.next < len(self.next)
        return float(np.mean(spans[ended])) if ended.any() else float(len(spans))


class Paid(NamedTuple):
    """A number a sleeve: what it earned before costs, what was traded for it, and its room.

    The room is the money at which a sleeve's orders would be all that its tightest instrument trades.
    """

    gross: Floats
    traded: Floats
    room: Floats


Rule = Callable[[Floats, Floats], Floats]
"""The weights wanted, given the opinions of a moment and the weights as they have drifted."""


def top_tenth(said: Floats, drifted: Floats) -> Floats:
    """The best tenth, each alike; all who are as good as the last of them come in too."""
    here = np.isfinite(said)
    least = np.sort(said[here])[-max(1, int(here.sum()) // SHARE)]
    return _alike(here & (np.nan_to_num(said, nan=-np.inf) >= least))


def top_less_bottom(said: Floats, drifted: Floats) -> Floats:
    """Half of the money long the best tenth, half short the worst."""
    return 0.5 * (top_tenth(said, drifted) - top_tenth(-said, drifted))


def equal_weight(said: Floats, drifted: Floats) -> Floats:
    """All that are there, each alike."""
    return _alike(np.isfinite(said))


def held_on(said: Floats, drifted: Floats) -> Floats:
    """Bought once, each alike, and never touched again."""
    return drifted if np.any(drifted) else equal_weight(said, drifted)


TOP, BOTH, EQUAL, HELD = "top tenth", "top less bottom", "equal weight", "bought and held"
RULES: Final[Mapping[str, Rule]] = {
    TOP: top_tenth,
    BOTH: top_less_bottom,
    EQUAL: equal_weight,
    HELD: held_on,
}


def panel_of(tested: Examples, leaning: Floats, worth: Floats | None = None) -> Panel:
    """Tested rows as a panel; a moment's sleeve ends where most of its labels do."""
    moments, row = np.unique(tested.times_ns, return_inverse=True)
    names, column = np.unique(tested.instruments, return_inverse=True)
    said, came, traded = np.full((3, len(moments), len(names)), np.nan)
    said[row, column] = leaning
    came[row, column] = np.expm1(tested.returns)
    if worth is not None:
        traded[row, column] = worth
    ends = np.searchsorted(moments, _usual_ends(row, tested.end_ns))
    return Panel(said, came, traded, np.maximum(ends, np.arange(len(moments)) + 1))


def walk(panel: Panel, rule: Rule) -> Paid:
    """Every moment's sleeve; one that no other led to is bought from nothing."""
    count = len(panel.said)
    paid = Paid(np.zeros(count), np.zeros(count), np.full(count, np.nan))
    done = np.zeros(count, np.bool_)
    for start in range(count):
        drifted = np.zeros(panel.said.shape[1])
        last = start
        for moment in _chain(panel, start, done):
            wanted = rule(panel.said[moment], drifted)
            came = np.nan_to_num(panel.came[moment])
            gross = float(weighted(wanted, came))
            moved = np.abs(wanted - drifted)
            paid.gross[moment], paid.traded[moment] = gross, float(moved.sum())
            paid.room[moment] = _room(panel.worth[moment], moved)
            drifted = wanted * (1.0 + came) / (1.0 + gross)
            last = moment
        paid.traded[last] += float(np.abs(drifted).sum())
    return paid


def _chain(panel: Panel, start: int, done: npt.NDArray[np.bool_]) -> Iterator[int]:
    """Moments whose sleeves follow one another, each in one chain only."""
    moment = start
    while moment < len(panel.said) and not done[moment]:
        done[moment] = True
        yield moment
        moment = int(panel.next[moment])


def _usual_ends(row: npt.NDArray[np.int64], end_ns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The middle one of each moment's label ends: an instrument that was not traded for a week moves none."""
    order = np.lexsort((end_ns, row))
    rows = np.bincount(row)
    firsts = np.cumsum(rows) - rows
    ends: npt.NDArray[np.int64] = end_ns[order][firsts + (rows - 1) // 2]
    return ends


def _room(worth: Floats, moved: Floats) -> float:
    known = (moved > 0.0) & (worth > 0.0)
    return float(np.min(worth[known] / moved[known])) if known.any() else float("nan")


def _alike(chosen: npt.NDArray[np.bool_]) -> Floats:
    weights: Floats = chosen / max(1, int(chosen.sum()))
    return weights
