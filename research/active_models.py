"""The models that `active` means: all that are active for a bar, one a sector and horizon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.failures import Refused
from shared.models.registry import STARTER
from shared.models.stages import ModelStage
from shared.store.contract import ModelRow
from shared.time import SECOND_NS

MEND: Final = (
    "`tapeline train … --register` lists candidates, `tapeline models promote NAME` makes one active "
    "that the honesty gate has passed"
)


def active_models(models: Sequence[ModelRow], interval_ns: int) -> list[ModelRow]:
    """Those for bars of this length, by sector and horizon, once they fit together.

    A starter claims no edge: beside models that have earned their place it has nothing to say.
    """
    everywhere = [row for row in models if row.stage is ModelStage.ACTIVE]
    active = [row for row in everywhere if row.interval_ns == interval_ns]
    if not active:
        others = sorted({row.interval_ns for row in everywhere})
        beside = f" (there are some for {', '.join(map(_seconds, others))})" if others else ""
        raise Refused(f"no model is active for bars of {_seconds(interval_ns)}{beside}; {MEND}")
    judged = [row for row in active if row.name != STARTER] or active
    first = judged[0]
    other = next((row for row in judged if row.spec != first.spec), None)
    if other is not None:
        raise Refused(
            f"{first.title} and {other.title} are active and want different vectors; no run can make both: "
            "retire one of them, or name the one that is meant with inference.model"
        )
    return sorted(judged, key=lambda row: (row.sector, row.horizon_ns))


def _seconds(interval_ns: int) -> str:
    return f"{interval_ns / SECOND_NS:g} s"
