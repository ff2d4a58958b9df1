"""The sets of a training by name, and what becomes of each."""

from __future__ import annotations

from typing import NamedTuple

from research.training.outcome import SetReport
from research.training.plan import ALL, POOLED, TrainPlan
from shared.failures import Refused
from shared.market import SECTORS, Instruments


class Name(NamedTuple):
    """One set by its sector and horizon."""

    sector: str
    horizon: str


class Begun(NamedTuple):
    """A set that a worker has been given."""

    name: Name


class Done(NamedTuple):
    """One finished set: its report, or the line why there is none; `found` if it had been finished before."""

    name: Name
    report: SetReport | None
    refusal: str
    found: bool


def names_of(plan: TrainPlan, instruments: Instruments) -> list[Name]:
    """The sets of a plan, sector after sector."""
    there = [sector for sector in SECTORS if any(one.sector == sector for one in instruments)]
    sectors = [name for one in plan.sectors for name in (there if one == ALL else [one])]
    if not sectors:
        raise Refused("no instrument of the data has a sector; give --sectors pooled or --sector-file")
    if missing := [one for one in sectors if one != POOLED and one not in there]:
        raise Refused(f"the data have no instrument of {missing[0]}; there are {', '.join(there) or POOLED}")
    return [Name(sector, horizon) for sector in dict.fromkeys(sectors) for horizon in plan.horizons]


def left_out(plan: TrainPlan, instruments: Instruments) -> tuple[list[str], list[str]]:
    """Symbols that were told a sector and are not in the data, and those of the data that are in no set."""
    there = {one.symbol for one in instruments}
    strange = sorted(set(plan.sector_of) - there)
    if POOLED in plan.sectors:
        return strange, []
    chosen = set(SECTORS) if ALL in plan.sectors else set(plan.sectors)
    return strange, [one.symbol for one in instruments if ALL in plan.sectors and one.sector not in chosen]
