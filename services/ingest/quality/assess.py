"""A whole tape through the checks: what passes, what does not, and the report."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.ingest.quality.checks import QualityChecker
from services.ingest.quality.plan import DAILY, QualityPlan
from services.ingest.quality.report import QualityReport, report
from services.ingest.tape import Tape
from shared.block import Block
from shared.failures import Refused

PLANS: Final = {"ticks": QualityPlan(), "daily": DAILY}


class Assessment(NamedTuple):
    """A tape's accepted ticks, its refused ones as rows of quarantine, and the report on both."""

    accepted: Block
    refused: Block
    report: QualityReport


def assess(tape: Tape, source: str, plan: QualityPlan, actions: Block | None = None) -> Assessment:
    """Judges a tape under a plan; splits that are told are expected."""
    checker = QualityChecker(plan, tape.instruments)
    if actions is not None:
        checker.know_actions(actions)
    accepted, refused = checker.sift(tape.ticks)
    return Assessment(accepted, refused, report(source, checker.findings(), tape.instruments))


def plan_named(name: str) -> QualityPlan:
    """A plan by its name."""
    if name not in PLANS:
        raise Refused(f"no quality plan {name!r}; there are {', '.join(PLANS)}")
    return PLANS[name]
