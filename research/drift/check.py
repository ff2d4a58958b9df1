"""One look at a model: its measures on the latest stretch, and what became loud or quiet with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from research.drift.health import Health, health, trained_of
from research.drift.levels import ORDER, Level
from research.drift.models import Watched
from research.drift.stretch import stretch
from research.scores.bootstrap import Bootstrap, block_length
from services.inference.manifest import Manifest
from shared.store.contract import HealthRow, Store

FEWEST: Final = 200
MOST: Final = 5_000
"""Closes of a stretch: as many as a stretch of the training time had, within these bounds."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a look found; `raised` and `eased` name the alarms that began and ended with it."""

    run: str
    model: str
    number: str
    from_ns: int
    until_ns: int
    rows: int
    moments: int
    level: Level
    measures: tuple[Health, ...]
    raised: tuple[str, ...]
    eased: tuple[str, ...]


def check(store: Store, run: str, model: Watched, now_ns: int, moments: int = 0) -> Checked:
    """Measures a model on what the run has recorded, and keeps what comes out."""
    manifest = model.manifest
    trained = trained_of(manifest)
    wanted = moments or min(max(trained.profile.moments, FEWEST), MOST)
    seen, said = stretch(store, run, manifest, wanted)
    before = {(row.kind, row.name): Level(row.level) for row in store.health(run, manifest.hash)}
    found = health(trained, seen, said, before, _redrawn(seen.times_ns, manifest))
    times = seen.times_ns
    checked = Checked(
        run=run,
        model=model.title,
        number=str(manifest.hash),
        from_ns=int(times[0]),
        until_ns=int(times[-1]),
        rows=len(seen),
        moments=len(np.unique(times)),
        level=max((one.level for one in found), key=ORDER.index),
        measures=tuple(found),
        raised=_turned(found, before, Level.ALARM),
        eased=_turned(found, before, Level.CALM, Level.WATCH),
    )
    store.save_health(rows_of(checked, manifest.hash, now_ns))
    return checked


def rows_of(checked: Checked, number: int, now_ns: int) -> list[HealthRow]:
    """The measures as the record keeps them."""
    return [
        HealthRow(
            run=checked.run,
            model=number,
            from_ns=checked.from_ns,
            until_ns=checked.until_ns,
            kind=one.kind,
            name=one.name,
            value=one.value,
            low=one.low,
            high=one.high,
            usual=one.usual,
            level=one.level.value,
            rows=checked.rows,
            measured_ns=now_ns,
        )
        for one in checked.measures
    ]


def _turned(found: Sequence[Health], before: dict[tuple[str, str], Level], *to: Level) -> tuple[str, ...]:
    """The measures that came to an alarm, or left one, with this look."""
    return tuple(
        f"{one.kind} {one.name}".strip()
        for one in found
        if one.level in to
        and (before.get((one.kind, one.name), Level.CALM) is Level.ALARM) is (Level.ALARM not in to)
    )


def _redrawn(times_ns: np.ndarray[tuple[int], np.dtype[np.int64]], manifest: Manifest) -> Bootstrap:
    """Blocks at least as long as outcomes overlap."""
    overlap = -(-manifest.horizon_ns // manifest.interval_ns)
    moments = len(np.unique(times_ns))
    return Bootstrap(block=min(moments, max(block_length(moments, Bootstrap()), 2 * overlap)))
