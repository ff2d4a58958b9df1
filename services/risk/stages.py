"""The stages of risk: one an account, each decision one entry of its journal and one transaction."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from services.risk.config import RiskConfig
from services.risk.processor import RiskProcessor, warm
from services.risk.state import RANGES, Trading
from shared.block import Block
from shared.engine.bus import Key
from shared.engine.closes import StrictCloses
from shared.engine.context import Context
from shared.engine.control import ControlStage
from shared.engine.live_closes import LiveCloses
from shared.engine.log import Sequencer
from shared.engine.plan import RunPlan
from shared.engine.promise import PromiseStage
from shared.engine.readers import RISK, VENUE
from shared.engine.stage import Stage
from shared.lake.parquet import read_stream
from shared.store.contract import Store
from shared.streams import BARS, FILLS, ORDERS, PREDICTIONS, SIGNALS, VENUE_ORDERS, VERDICTS


class RiskStage(PromiseStage):
    """Keeps every order that the venue does not hold, however far the stages between have come.

    The venue keeps its promises apart from the record, so it is asked on the bus; while it has not spoken
    there since the bus was last lost, it may need anything. What says why an order was made is read by nobody
    on its way: those tables follow their letters.
    """

    news = (VERDICTS, SIGNALS)

    def forgotten(self, store: Store, key: Key) -> int:
        """What the venue holds durably of the orders; verdicts and signals are mere news."""
        if key.stream != ORDERS.name or self._bus is None:
            return super().forgotten(store, key)
        noted = self._bus.noted("durable").get(Key(VENUE_ORDERS.name, self.partition), {})
        return noted.get(f"{VENUE}:{self.partition}", 0)


WRITES = (ORDERS, VERDICTS, SIGNALS)


def stages(context: Context) -> list[Stage]:
    """This worker's accounts; a live one also hears commands. No first row waits for a kernel."""
    warm()
    trading: list[Stage] = [_stage(context, account) for account in context.accounts]
    if context.plan.mode == "strict":
        return trading
    return [*(ControlStage(account) for account in context.accounts), *trading]


def config_of(plan: RunPlan, account: int) -> RiskConfig:
    """What an account may risk in this run."""
    return msgspec.convert(plan.risk[str(account)], RiskConfig)


def _stage(context: Context, account: int) -> Stage:
    trading = Trading.HALTED if context.store.halted(context.run) else Trading.ON
    processor = RiskProcessor(config_of(context.plan, account), context.instruments, account, trading)
    if context.plan.warm and context.store.stage(context.run, RISK, account) is None:
        processor.learn(_past(Path(context.plan.warm), context.plan.interval_ns))
    return RiskStage(RISK, account, _order(context, account), processor, WRITES, (ORDERS,))


def _past(folder: Path, interval_ns: int) -> Block:
    """The last closes before the run, enough of them for every range."""
    bars = read_stream(folder, BARS)
    times = bars["event_time_ns"]
    since = int(times.max(initial=0)) - 2 * RANGES * interval_ns
    return bars.take(np.flatnonzero(times > since))


def _order(context: Context, account: int) -> Sequencer:
    plan, market = context.plan, (BARS, PREDICTIONS)
    if plan.mode == "strict":
        return StrictCloses(market, plan.partitions, FILLS, account, context.actions)
    return LiveCloses(market, plan.partitions, FILLS, account, plan.grace_ns, context.actions)
