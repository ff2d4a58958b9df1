"""Which models predict from which block on: the active one, and beside it shadows and at most one canary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from shared.failures import Refused
from shared.models.registry import watched_beside
from shared.models.stages import WATCHED, ModelStage
from shared.store.contract import ModelRow

AND: Final = "+"
"""Between the addresses of a set's models, which are active together."""


class Lineup(msgspec.Struct, frozen=True, array_like=True):
    """Models by their address; of a set all are active, each for its sector and horizon."""

    active: str
    shadows: tuple[str, ...] = ()
    canary: str = ""

    @property
    def all(self) -> tuple[str, ...]:
        """The active models first, the canary last."""
        return (*self.members, *self.shadows, *self.canaries)

    @property
    def members(self) -> tuple[str, ...]:
        """The active models: one, or those of a set."""
        return tuple(self.active.split(AND))

    @property
    def canaries(self) -> tuple[str, ...]:
        """The canary, if there is one; of a set one a sector and horizon."""
        return tuple(self.canary.split(AND)) if self.canary else ()


class Swap(msgspec.Struct, frozen=True, array_like=True):
    """Blocks with higher numbers than this are for this line-up."""

    after: int
    lineup: Lineup


class Swaps(msgspec.Struct, frozen=True):
    """Every line-up of a partition by number, and the last command that led to one.

    It is durable before a block of the new line-up is published, so that whoever makes a block again, after
    whatever loss, makes it with the models that made it first.
    """

    swaps: tuple[Swap, ...]
    control: int = 0

    @property
    def last(self) -> Lineup:
        """The newest line-up."""
        return self.swaps[-1].lineup

    def at(self, seq: int) -> Lineup:
        """The line-up for a block."""
        return next((swap.lineup for swap in reversed(self.swaps) if swap.after < seq), self.swaps[0].lineup)

    def then(self, after: int, lineup: Lineup) -> Swaps:
        """Another line-up for all blocks above a number, which lies above all swaps so far."""
        if after < self.swaps[-1].after:
            raise ValueError(f"a swap after #{after} would undo the one after #{self.swaps[-1].after}")
        kept = tuple(swap for swap in self.swaps if swap.after < after or swap is self.swaps[0])
        return msgspec.structs.replace(self, swaps=(*kept, Swap(after, lineup)))

    def heard(self, control: int) -> Swaps:
        """The same, up to a later command."""
        return msgspec.structs.replace(self, control=control)


def written(swaps: Swaps) -> bytes:
    """The state of a partition's stage."""
    return msgspec.msgpack.encode(swaps)


def read(state: bytes) -> Swaps:
    """What such a state says."""
    return msgspec.msgpack.decode(state, type=Swaps)


def follow(models: Sequence[ModelRow], now: Lineup, number: int) -> Lineup:
    """The line-up that a command means: its argument is the number of the model whose stage has changed."""
    row = next((row for row in models if row.model == number), None)
    if row is None:
        raise Refused(f"a command names model {number}, which the registry does not know")
    if len(now.members) > 1:
        return _of_a_set(models, now, row)
    current = next((other for other in models if other.address == now.active), None)
    if current is not None and (current.sector, current.horizon_ns) != (row.sector, row.horizon_ns):
        raise Refused(f"{row.title} is for another sector or horizon than {current.title}, which is active")
    active = row.address if row.stage is ModelStage.ACTIVE else now.active
    return _watching(active, watched_beside(models, row))


def beside(models: Sequence[ModelRow], active: str) -> Lineup:
    """The line-up with which a run begins: its plan's models, and who is watched beside them."""
    if AND in active:
        known = {row.address for row in models}
        members = active.split(AND)
        return _set_beside(models, members) if known.issuperset(members) else Lineup(active)
    row = next((row for row in models if row.address == active), None)
    return _watching(active, watched_beside(models, row) if row is not None else [])


def _of_a_set(models: Sequence[ModelRow], now: Lineup, row: ModelRow) -> Lineup:
    """The set with whoever is active in each of its sectors and horizons by now: a group moves at once."""
    known = {other.address: other for other in models}
    missing = [address for address in now.members if address not in known]
    if missing:
        raise Refused(f"{len(missing)} models of the run's set are not in the registry; import the set first")
    slots = [_slot(known[address]) for address in now.members]
    if _slot(row) not in slots:
        raise Refused(f"{row.title} is for a sector or horizon that the run's set does not have")
    crowned = {_slot(other): other.address for other in models if other.stage is ModelStage.ACTIVE}
    return _set_beside(models, [crowned.get(slot, old) for slot, old in zip(slots, now.members, strict=True)])


def _set_beside(models: Sequence[ModelRow], members: Sequence[str]) -> Lineup:
    """These active models, and all who are watched for one of their sectors and horizons."""
    slots = {_slot(row) for row in models if row.address in members}
    watched = [row for row in models if row.stage in WATCHED and _slot(row) in slots]
    others = [row for row in watched if row.address not in members]
    shadows = sorted(row.address for row in others if row.stage is ModelStage.SHADOW)
    canaries = sorted(row.address for row in others if row.stage is ModelStage.CANARY)
    return Lineup(AND.join(members), tuple(shadows), AND.join(canaries))


def _slot(row: ModelRow) -> tuple[str, int]:
    return row.sector, row.horizon_ns


def _watching(active: str, watched: Sequence[ModelRow]) -> Lineup:
    others = [row for row in watched if row.address != active]
    canary = next((row.address for row in others if row.stage is ModelStage.CANARY), "")
    return Lineup(active, tuple(sorted(row.address for row in others if row.address != canary)), canary)
