"""What every process of a run must agree on; it lies in the run's row in Postgres."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from shared.actions import ActionRow
from shared.hours import Hours
from shared.ids import text_hash
from shared.streams import PARTITIONS

INSTRUMENTS_A_PARTITION: Final = 250
"""More of them would make blocks of features that no wire takes."""


def partitions_for(instruments: int, workers: int) -> int:
    """As few as will do: each costs every reader a block a close; several workers want some to share out."""
    needed = -(-max(1, instruments) // INSTRUMENTS_A_PARTITION)
    return needed if workers == 1 else max(needed, PARTITIONS)


FREE: Final = ("grace_ns", "hours", "retention", "warm", "source.pacing")
"""What a run may change: its pace, how long it waits, what it keeps, where its past lies, how far it knows
calendars."""


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days, by the market's clock, after which Postgres lets rows go; 0 keeps them for ever."""

    bars_days: float = 0.0
    predictions_days: float = 0.0
    features_days: float = 0.0
    verdicts_days: float = 0.0
    journal_days: float = 0.0

    def streams(self) -> dict[str, float]:
        """The days of every stream that may be forgotten."""
        return {
            "bars": self.bars_days,
            "features": self.features_days,
            "predictions": self.predictions_days,
            "verdicts": self.verdicts_days,
        }


class RunPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run: its mode, its bars, its accounts and where its ticks come from.

    `facts` says whether the source tells them; `features` is the vector, none for the starter's; `hours` are
    the sessions of the instruments that have any. `canary` is the folder of a
    second model, for accounts that trade canaries; a live run asks the registry.
    """

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
    retention: Retention = Retention()
    actions: tuple[ActionRow, ...] = ()
    facts: bool = False
    features: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    canary: str = ""

    @property
    def hash(self) -> int:
        """One number for what defines the run."""
        return text_hash(msgspec.json.encode(self.definition(), order="deterministic").decode())

    def definition(self) -> dict[str, Any]:
        """What never changes while the run lives, by dotted name."""
        leaves = _leaves(msgspec.json.decode(self.text()), "")
        kept = {name: value for name, value in leaves if not _is_free(name)}
        for name in ("actions", "facts", "features", "canary"):
            if not getattr(self, name):
                del kept[name]
        return kept

    def differences(self, before: RunPlan) -> list[str]:
        """What defines this run and not that one, a phrase each; what another market entails is no news.

        A term that only one of them knows came or went with a release: nobody has changed his mind.
        """
        now, then = self.definition(), before.definition()
        names = [name for name in now if name in then and now[name] != then[name]]
        if any(name.startswith("source.market.") for name in names):
            names = [name for name in names if name != "model" and not name.endswith("_threshold")]
        return [f"{name.removeprefix('source.')} was {then[name]}, now {now[name]}" for name in names]

    def text(self) -> str:
        """The plan in canonical form."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @staticmethod
    def read(text: str) -> RunPlan:
        """The plan in this text."""
        return msgspec.json.decode(text, type=RunPlan)


def _leaves(tree: Mapping[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{at}{key}.")
        else:
            yield f"{at}{key}", value


def _is_free(name: str) -> bool:
    return any(name == free or name.startswith(f"{free}.") for free in FREE)
