"""What a training is asked for: one struct, which a worker process is given and a report repeats."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from research.dataset.spans import Span, read_span
from research.labels.rules import RULES, Asked, asked
from research.scores.books import Costs
from services.features.config import FeatureSpec
from services.ingest.synthetic.market import MarketPlan
from shared.failures import Refused
from shared.market import SECTORS

POOLED: Final = "pooled"
ALL: Final = "all"
LABEL: Final = re.compile(r"([a-z_]+)\s*(?:\(([^()]*)\))?")
DEVICES: Final = ("cpu", "cuda")
PROBES: Final = ("logistic", "ridge", "forest")


class SyntheticPast(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A synthetic market to learn from: its law, and how many bars of it."""

    market: MarketPlan = MarketPlan()
    bars: Annotated[int, Meta(ge=1)] = 2_000


class TrainPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that decides what comes out of a training; equal plans on equal data give equal models."""

    family: str = "fast"
    lake: str = ""
    synthetic: SyntheticPast | None = None
    spec: FeatureSpec
    label: str = "triple_barrier(1, 1, 20)"
    horizons: tuple[str, ...] = ("1d", "2d", "5d")
    sectors: tuple[str, ...] = (ALL,)
    sector_of: dict[str, str] = {}
    folds: Annotated[int, Meta(ge=1, le=50)] = 3
    embargo: str = "1"
    probe: str = "logistic"
    balanced: bool = False
    tune: Annotated[int, Meta(ge=0, le=1_000)] = 0
    device: str = "cpu"
    costs: Costs = Costs()
    tried: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Sets and settings that were tried on these data before, in other trainings."""
    seed: Annotated[int, Meta(ge=0, lt=1 << 31)] = 7

    def __post_init__(self) -> None:
        if self.device not in DEVICES:
            raise Refused(f"device {self.device} is none of {', '.join(DEVICES)}")
        if self.probe not in PROBES:
            raise Refused(f"probe {self.probe} is none of {', '.join(PROBES)}")
        if not self.horizons or len(set(self.horizons)) < len(self.horizons):
            raise Refused("horizons must be named once: 1d,2d,5d for time or 1,5,20 for bars")
        for horizon in self.horizons:
            rule_of(self.label, horizon)
        named = (*SECTORS, ALL, POOLED)
        if unknown := [sector for sector in self.sectors if sector not in named]:
            raise Refused(f"there is no sector {unknown[0]}; there are {', '.join(named)}")
        if strange := [sector for sector in self.sector_of.values() if sector not in SECTORS]:
            raise Refused(f"there is no sector {strange[0]}; there are {', '.join(SECTORS)}")

    def length_ns(self, text: str) -> int:
        """A span of bars or time in nanoseconds."""
        span: Span = read_span(text)
        return span.ns or span.bars * self.spec.interval_ns

    def settings_hash(self, sector: str, horizon: str, trials: int = 1) -> str:
        """One hash of what one set is asked for, beside how many others, wherever its data lie."""
        alone = {"lake": "", "sectors": (sector,), "horizons": (horizon,), "sector_of": {}, "tried": trials}
        told = msgspec.structs.replace(self, **alone)
        return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


def rule_of(label: str, horizon: str) -> Asked:
    """The label over one horizon: `triple_barrier(1, 1, 20)` over `5d` is `triple_barrier(5d, 1, 1, 20)`."""
    found = LABEL.fullmatch(label.strip())
    if found is None:
        raise Refused(f"a label is a name and its parameters without the horizon, found {label!r}")
    read_span(horizon)
    inside = ", ".join([horizon, *((found[2],) if found[2] and found[2].strip() else ())])
    rule = asked(f"{found[1]}({inside})")
    if not (rule.rule.classes and rule.rule.horizon):
        learnt = ", ".join(one.name for one in RULES if one.classes and one.horizon)
        wanted = "classes" if rule.rule.horizon else "horizon"
        raise Refused(f"{rule.rule.name} has no {wanted}; what can be learnt is {learnt}")
    return rule
