"""What came of the training of one set: the report that people and programs read."""

from __future__ import annotations

from typing import Final

import msgspec

from research.dataset.manifest import DatasetManifest
from research.honesty.verdict import Finding
from research.scores.books import Books
from research.scores.card import Scorecard
from research.scores.years import Year
from research.training.importance import Importance
from research.training.shares import MemberShares

REPORT: Final = "report.json"
PAGE: Final = "report.html"


class FoldLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One test of the walk: when, on how many rows, and how good."""

    number: int
    from_ns: int
    until_ns: int
    train_rows: int
    test_rows: int
    log_loss: float
    log_loss_base: float
    rank_ic: float
    accuracy: float
    majority_accuracy: float


class MemberLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member on the tested rows, by itself."""

    name: str
    kind: str
    log_loss: float
    rank_ic: float
    rank_ic_low: float
    rank_ic_high: float


class Universe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose prices these are: an instrument that leaves ends well before the tape does."""

    instruments: int
    left: int
    synthetic: bool


class SetReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sector and horizon: what was learnt, how it was tested, and whether its score may be believed."""

    name: str
    family: str
    sector: str
    horizon: str
    label: str
    verdict: str
    sentence: str
    findings: tuple[Finding, ...]
    scorecard: Scorecard
    folds: tuple[FoldLine, ...]
    members: tuple[MemberLine, ...]
    importances: tuple[Importance, ...]
    shares: tuple[MemberShares, ...]
    books: Books
    years: tuple[Year, ...]
    universe: Universe
    dataset: DatasetManifest
    settings: str

    @property
    def key(self) -> str:
        """What the set was made of: equal keys, equal models."""
        return f"{self.dataset.hash}:{self.settings}"


def sentence_of(verdict: str, findings: tuple[Finding, ...]) -> str:
    """The words of the check that decided."""
    said = [f"{one.check}: {one.sentence}" for one in findings if one.outcome.value == verdict]
    return "; ".join(said) if verdict != "pass" else said[-1]
