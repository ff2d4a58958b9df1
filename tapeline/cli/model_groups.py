"""Models by name or by pattern: of each name the newest that a move can mean."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Final

import typer

from shared.models.stages import NEXT, ModelStage
from tapeline.cli.outcome import DataMissing

if TYPE_CHECKING:
    from shared.store.contract import ModelRow, Store

TRADE: Final = (
    "a new run trades all that are active: `TAPELINE_INFERENCE__MODEL=active tapeline up --run NAME`"
)
FEW: Final = 4
"""Models that are rather named than meant by a pattern."""
Names = Annotated[
    list[str],
    typer.Argument(
        help="Models, or patterns such as 'energy-*': of each name the newest that can be moved so."
    ),
]


def may_become(to: ModelStage) -> frozenset[ModelStage]:
    """The stages from which a pattern moves models there; an active one is taken away by its name alone."""
    return frozenset(stage for stage, following in NEXT.items() if to in following) - {ModelStage.ACTIVE}


def group_of(
    store: Store, names: Sequence[str], among: frozenset[ModelStage] = frozenset(ModelStage)
) -> list[ModelRow]:
    """The models that these names and patterns mean, each once, in the registry's order."""
    from shared.models.registry import find
    from tapeline.cli.models import found_in

    models = store.models()
    wanted: dict[str, ModelRow] = {}
    for name in names:
        if "*" in name:
            wanted |= {row.address: row for row in _matching(models, name, among)}
        else:
            row = found_in(store, name)
            wanted[row.address] = find(models, name)
    return list(wanted.values())


def patterns_of(rows: Sequence[ModelRow], models: Sequence[ModelRow], among: frozenset[ModelStage]) -> str:
    """What to type for exactly these: patterns by the end of their names if there are any, else the names."""
    ends = sorted({row.name.rpartition("-")[2] for row in rows})
    meant = {row.address for end in ends for row in _newest(models, f"*-{end}", among)}
    if len(rows) > FEW and meant == {row.address for row in rows}:
        return " ".join(f"'*-{end}'" for end in ends)
    return " ".join(f"{row.name}@{row.version}" for row in rows)


def waiting(store: Store, run: str, rows: Sequence[ModelRow]) -> list[str]:
    """A line if some of these are for bars, sectors or horizons that a live run began without."""
    from pathlib import Path

    from research.starting import manifests_of
    from shared.engine.plan import RunPlan

    opened = store.run(run)
    if opened is None or opened.complete or opened.mode != "live":
        return []
    begun = {
        (one.interval_ns, one.sector, one.horizon_ns)
        for one in manifests_of(Path(RunPlan.read(opened.settings).model))
    }
    late = [row for row in rows if (row.interval_ns, row.sector, row.horizon_ns) not in begun]
    if not late:
        return []
    who = f"{late[0].title} waits" if len(late) == 1 else f"{len(late)} of them wait"
    return [f"{who}: run {run} began without a model of such bars, sector and horizon; {TRADE}"]


def _matching(models: Sequence[ModelRow], name: str, among: frozenset[ModelStage]) -> list[ModelRow]:
    found = _newest(models, name, among)
    if not found:
        stages = "" if among == frozenset(ModelStage) else f" that is {' or '.join(sorted(among))}"
        raise DataMissing(f"no model{stages} is called like {name}; `tapeline models list` shows all")
    return found


def _newest(models: Sequence[ModelRow], name: str, among: frozenset[ModelStage]) -> list[ModelRow]:
    """Of each name that matches, the newest version in one of these stages."""
    newest = {row.name: row for row in models if row.stage in among and fnmatchcase(row.name, name)}
    return list(newest.values())
