"""What became of folders of models: a line each, and what to type next."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tapeline.cli.model_groups import TRADE, may_become, patterns_of
from tapeline.cli.session import Session

if TYPE_CHECKING:
    from research.enrolling import Enrolled
    from shared.models.seal import Sealed
    from shared.store.contract import ModelRow, Store

COLUMNS: Final = ("model", "sector", "horizon", "verdict", "became")


def enrolled(
    made: Session, folders: Sequence[Path], take: Callable[[Path], Sealed], why: str
) -> tuple[list[Enrolled], list[str]]:
    """Takes every folder in, and says what to do with what was taken."""
    import getpass

    from research.enrolling import enrol
    from shared.models.registry import By
    from tapeline.cli.models import opened
    from tapeline.cli.progress import counted

    by = By(getpass.getuser(), time.time_ns(), why)
    with opened(made) as store:
        done = list(counted(enrol(folders, take, made.data, store, by), len(folders), "opening"))
        return done, advice(store, [one.row for one in done if one.row is not None])


def advice(store: Store, rows: Sequence[ModelRow]) -> list[str]:
    """The next command for candidates: first ones are promoted, others win beside the active model first."""
    from shared.models.registry import PASS, active_beside
    from shared.models.stages import ModelStage

    models = store.models()
    fresh = [row for row in rows if row.stage is ModelStage.CANDIDATE]
    passed = [row for row in fresh if row.verdict == PASS]
    first = [row for row in passed if active_beside(models, row) is None]
    rivals = [row for row in passed if row not in first]
    lines = []
    if first:
        names = patterns_of(first, models, may_become(ModelStage.ACTIVE))
        lines.append(f"next: tapeline models promote {names} --yes")
        lines.append(f"then: {TRADE}")
    if rivals:
        names = patterns_of(rivals, models, may_become(ModelStage.SHADOW))
        lines.append(
            f"next: tapeline models shadow {names}  (others are active there; promote those that win)"
        )
    if fresh and not passed:
        lines.append(
            "the honesty gate has passed none of them, so that none can be promoted; "
            "`tapeline models shadow NAME` lets one predict beside the active model"
        )
    return lines


def told(one: Enrolled) -> dict[str, Any]:
    """What became of a folder, for programs."""
    from tapeline.cli.model_views import listed

    if one.row is None:
        return {"folder": str(one.folder), "refusal": one.refusal}
    return {"folder": str(one.folder), "known": one.known, **listed(one.row)}


def cells(one: Enrolled) -> tuple[object, ...]:
    """The same for people."""
    from tapeline.cli.model_views import horizon_of

    row = one.row
    if row is None:
        return (str(one.folder), "", "", "", one.refusal)
    became = f"{row.stage}, known before" if one.known else str(row.stage)
    return (f"{row.name}@{row.version}", row.sector or "all", horizon_of(row.horizon_ns), row.verdict, became)
