"""What the features service computes: the bar grid and the features in their order."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import msgspec

from services.features.catalogue import STARTER, choice
from services.features.program import Program, compile_program
from shared.failures import Refused
from shared.ids import text_hash
from shared.time import DAY_NS, SECOND_NS

NOT_OF_ITS_MOMENT: Final = 0x20 | 0x200 | 0x100000
"""Sale conditions, in the bits of LEAN's ticks, of trades whose price was agreed earlier or elsewhere."""


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """One bar grid and one feature vector; its hash travels with every vector.

    A trade with any of the ignored conditions adds to volume and delta, not to the prices of its bar.

    However a feature is spelled (`rsi`, `rsi(14)`, `rsi_14`), the specification holds its one spelling.
    """

    interval_ns: int = 5 * SECOND_NS
    origin_ns: int = 0
    session_ns: int = DAY_NS
    ignored_conditions: int = NOT_OF_ITS_MOMENT
    features: tuple[str, ...] = STARTER

    def __post_init__(self) -> None:
        if min(self.interval_ns, self.session_ns) <= 0:
            found = f"{self.interval_ns} and {self.session_ns}"
            raise Refused(f"bar and session length must be positive, found {found}")
        if not 0 <= self.ignored_conditions < 1 << 31:
            raise Refused(f"sale conditions are 31 bits, found {self.ignored_conditions:#x}")
        names = tuple(choice(text).name for text in self.features)
        if len(set(names)) != len(names) or not names:
            raise Refused(f"features must be known and named once, found {', '.join(names) or 'none'}")
        msgspec.structs.force_setattr(self, "features", names)

    @cached_property
    def hash(self) -> int:
        """Identity of everything that changes a vector."""
        return text_hash(msgspec.json.encode(self, order="sorted").decode())

    @cached_property
    def program(self) -> Program:
        """The table that the interpreter runs."""
        return compile_program([choice(text) for text in self.features])
