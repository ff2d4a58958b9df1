"""The stages of execution, two an account: orders go out, reports come back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from services.execution.processor import FillDesk, OrderDesk, Owner
from shared.block import Block
from shared.engine.bus import Key
from shared.engine.context import Context
from shared.engine.forward import RecordingStage
from shared.engine.readers import BOOKING, ROUTING
from shared.engine.recompute import RecordedRecomputeStage
from shared.engine.stage import Stage, Step
from shared.executed import executed
from shared.failures import Corrupt
from shared.streams import FILLS, ORDER_EVENTS, ORDERS, REPORTS, VENUE_ORDERS


class BookingStage(RecordedRecomputeStage):
    """Records what traded and every event; that an order ended without a fill stands in its events alone."""

    records = frozenset({FILLS.name, ORDER_EVENTS.name})

    def _keep(self, block: Block, made: Sequence[Block], step: Step) -> None:
        super()._keep(block, [executed(out) if out.stream is FILLS else out for out in made], step)


def stages(context: Context) -> list[Stage]:
    """This worker's accounts."""
    return [
        stage for account in context.accounts for stage in (_routing(account), _booking(context, account))
    ]


def _routing(account: int) -> Stage:
    source = Key(ORDERS.name, account)
    return RecordingStage(ROUTING, source, (VENUE_ORDERS,), OrderDesk(account), (ORDER_EVENTS,))


def _booking(context: Context, account: int) -> Stage:
    source = Key(REPORTS.name, account)
    desk = FillDesk(account, owners(context))
    return BookingStage(BOOKING, source, (FILLS, ORDER_EVENTS), desk, context.floor)


def owners(context: Context) -> Callable[[int], Owner]:
    """Whose an order is, as the record holds it."""

    @cache
    def owner_of(order_id: int) -> Owner:
        found = context.store.owner_of(context.run, order_id)
        if found is None:
            raise Corrupt(f"the venue reports order {order_id}, which nobody intended")
        return found.book, found.strategy, found.tag

    return owner_of
