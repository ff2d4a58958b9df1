"""What the features service computes: the bar grid and the features in their order."""

from __future__ import annotations

from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from services.features.catalogue import FEATURES_IN_ORDER
from shared.failures import Refused
from shared.ids import text_hash
from shared.time import DAY_NS, SECOND_NS


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """One bar grid and one feature vector; its hash travels with every vector."""

    interval_ns: int = 5 * SECOND_NS
    origin_ns: int = 0
    session_ns: int = DAY_NS
    features: tuple[str, ...] = FEATURES_IN_ORDER

    def __post_init__(self) -> None:
        if min(self.interval_ns, self.session_ns) <= 0:
            found = f"{self.interval_ns} and {self.session_ns}"
            raise Refused(f"bar and session length must be positive, found {found}")
        unknown = [name for name in self.features if name not in FEATURES_IN_ORDER]
        if unknown or len(set(self.features)) != len(self.features) or not self.features:
            found = ", ".join(unknown or self.features) or "none"
            raise Refused(f"features must be known and named once, found {found}")

    @cached_property
    def hash(self) -> int:
        """Identity of everything that changes a vector."""
        return text_hash(msgspec.json.encode(self, order="sorted").decode())

    @cached_property
    def places(self) -> npt.NDArray[np.int64]:
        """Where the chosen features stand in the full vector."""
        return np.array([FEATURES_IN_ORDER.index(name) for name in self.features], np.int64)
