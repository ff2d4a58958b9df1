"""Where every leg of every order stands, and which reports are news."""

from __future__ import annotations

from typing import Final

import msgspec

from shared.orders import TERMINAL, Leg, Status, move

REMEMBERED: Final = 4096
"""Finished orders that are still known by name, so that a late twin of their last report is seen as one."""


class Life(msgspec.Struct, frozen=True):
    """One leg: its state, and how much of it has traded."""

    status: int
    filled: int = 0


class Lives(msgspec.Struct):
    """Every leg that works, by order, and the latest orders that have ended."""

    working: dict[int, dict[int, Life]]
    finished: dict[int, dict[int, Life]]

    def copy(self) -> Lives:
        """A twin to try a block on: a bad one then leaves no half-made change."""
        return Lives({order: dict(legs) for order, legs in self.working.items()}, dict(self.finished))

    def follow(self, order_id: int, leg: int, now: Life, exec_id: int) -> bool:
        """Takes a leg's next state; False if this report only repeats what is known."""
        legs = self.working.get(order_id) or dict(self.finished.get(order_id, {}))
        known = legs.get(leg, Life(status=int(Status.SENT)))
        if exec_id and now.filled <= known.filled:
            return False
        if not exec_id and now == known:
            return False
        move(Status(known.status), Status(now.status))
        self.finished.pop(order_id, None)
        legs[leg] = now
        self.working[order_id] = legs
        return True

    def forget_finished(self) -> None:
        """Moves orders none of whose legs works to the finished, and drops the oldest of those."""
        ended = [order for order, legs in self.working.items() if _over(legs)]
        for order in ended:
            self.finished[order] = self.working.pop(order)
        for order in list(self.finished)[: max(len(self.finished) - REMEMBERED, 0)]:
            del self.finished[order]


def _over(legs: dict[int, Life]) -> bool:
    return int(Leg.ENTRY) in legs and all(Status(life.status) in TERMINAL for life in legs.values())
