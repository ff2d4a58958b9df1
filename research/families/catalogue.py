"""Every family by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from research.families.base_rate import BASE_RATE
from research.families.booster import BOOSTER
from research.families.ensemble import FAST
from research.families.factors import FACTORS_FAMILY
from research.families.family import FamilyRule
from research.families.per_feature import PER_FEATURE

FAMILIES: Final[Mapping[str, FamilyRule]] = {
    rule.name: rule for rule in (FAST, BOOSTER, BASE_RATE, PER_FEATURE, FACTORS_FAMILY)
}
