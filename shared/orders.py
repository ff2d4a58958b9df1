"""The words of an order's life, and the only ways it may go."""

import enum
from collections.abc import Mapping
from typing import Final


class Kind(enum.IntEnum):
    """How an order meets the market."""

    MARKET = 1
    LIMIT = 2
    STOP = 3


class Action(enum.IntEnum):
    """What an order row asks for."""

    PLACE = 1
    CANCEL = 2
    REPLACE_STOP = 3


class TimeInForce(enum.IntEnum):
    """How long an order works."""

    GOOD_TILL_CANCELLED = 1
    IMMEDIATE_OR_CANCEL = 2


class Leg(enum.IntEnum):
    """Which part of a bracket a report speaks of."""

    ENTRY = 0
    STOP = 1
    TARGET = 2


class Status(enum.IntEnum):
    """Where a leg stands."""

    INTENDED = 1
    SENT = 2
    ACCEPTED = 3
    PARTIALLY_FILLED = 4
    FILLED = 5
    CANCELLED = 6
    REJECTED = 7
    EXPIRED = 8
    UNKNOWN = 9


class Reason(enum.IntEnum):
    """Why the venue ended a leg without filling it."""

    NONE = 0
    UNKNOWN_INSTRUMENT = 1
    BAD_QUANTITY = 2
    BAD_PRICE = 3
    NO_SUCH_ORDER = 4
    ASKED = 5
    OTHER_LEG_FILLED = 6
    NOTHING_TO_TAKE = 7
    DUPLICATE = 8
    END_OF_TAPE = 9


class Liquidity(enum.IntEnum):
    """Whether an execution took or made the price."""

    NONE = 0
    TOOK = 1
    MADE = 2


S = Status
NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    S.INTENDED: frozenset({S.SENT, S.REJECTED, S.CANCELLED}),
    S.SENT: frozenset(
        {S.ACCEPTED, S.PARTIALLY_FILLED, S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED, S.UNKNOWN}
    ),
    S.UNKNOWN: frozenset({S.ACCEPTED, S.PARTIALLY_FILLED, S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED}),
    S.ACCEPTED: frozenset({S.PARTIALLY_FILLED, S.FILLED, S.CANCELLED, S.REJECTED, S.EXPIRED, S.UNKNOWN}),
    S.PARTIALLY_FILLED: frozenset({S.PARTIALLY_FILLED, S.FILLED, S.CANCELLED, S.EXPIRED, S.UNKNOWN}),
    S.FILLED: frozenset(),
    S.CANCELLED: frozenset(),
    S.REJECTED: frozenset(),
    S.EXPIRED: frozenset(),
}

TERMINAL: Final = frozenset(status for status, onward in NEXT.items() if not onward)


class IllegalMove(Exception):
    """An order was asked to go where no order may go."""


def move(now: Status, to: Status) -> Status:
    """The next state, or a refusal: no path leaves a terminal state."""
    if to not in NEXT[now]:
        raise IllegalMove(f"an order that is {now.name} cannot become {to.name}")
    return to
