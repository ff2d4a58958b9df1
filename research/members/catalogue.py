"""Every member by name, and which of them make an ensemble."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from research.members import boosted, cat, forest, light, linear
from research.members.lesson import MemberRule

MEMBERS: Final[tuple[MemberRule, ...]] = (
    light.TREES,
    boosted.TREES,
    linear.NEWTON,
    cat.TREES,
    forest.TREES,
)
"""The first layer, in the order in which the meta-learner reads their probabilities."""

META: Final = light.META
BY_NAME: Final[Mapping[str, MemberRule]] = {rule.name: rule for rule in (*MEMBERS, META)}
