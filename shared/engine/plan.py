"""What every process of a run must agree on; it lies in the run's row in Postgres."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from shared.ids import text_hash
from shared.streams import PARTITIONS

INSTRUMENTS_A_PARTITION: Final = 250
"""More of them would make blocks of features that no wire takes."""


def partitions_for(instruments: int, workers: int) -> int:
    """As few as will do: each costs every reader a block a close; several workers want some to share out."""
    needed = -(-max(1, instruments) // INSTRUMENTS_A_PARTITION)
    return needed if workers == 1 else max(needed, PARTITIONS)


class RunPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run: its mode, its bars, its accounts and where its ticks come from."""

    mode: Literal["strict", "live"]
    interval_ns: int
    accounts: tuple[int, ...]
    source: dict[str, Any]
    model: str
    risk: dict[str, dict[str, Any]]
    venue: dict[str, Any]
    cash: dict[str, str]
    currency: str = "USD"
    partitions: int = PARTITIONS
    grace_ns: int = 0
    warm: str = ""

    @property
    def hash(self) -> int:
        """One number for the whole plan: a run never changes its mind."""
        return text_hash(self.text())

    def text(self) -> str:
        """The plan in canonical form."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @staticmethod
    def read(text: str) -> RunPlan:
        """The plan in this text."""
        return msgspec.json.decode(text, type=RunPlan)
