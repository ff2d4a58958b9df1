"""The stages of risk: one an account, each decision one entry of its journal and one transaction."""

from __future__ import annotations

import msgspec

from services.risk.config import RiskConfig
from services.risk.processor import RiskProcessor
from services.risk.state import Trading
from shared.engine.closes import StrictCloses
from shared.engine.context import Context
from shared.engine.live_closes import LiveCloses
from shared.engine.log import Sequencer
from shared.engine.plan import RunPlan
from shared.engine.promise import PromiseStage
from shared.engine.readers import RISK
from shared.engine.stage import Stage
from shared.streams import BARS, FILLS, ORDERS, PREDICTIONS, SIGNALS, VERDICTS

WRITES = (ORDERS, VERDICTS, SIGNALS)


def stages(context: Context) -> list[Stage]:
    """This worker's accounts."""
    return [_stage(context, account) for account in context.accounts]


def config_of(plan: RunPlan, account: int) -> RiskConfig:
    """What an account may risk in this run."""
    return msgspec.convert(plan.risk[str(account)], RiskConfig)


def _stage(context: Context, account: int) -> Stage:
    trading = Trading.HALTED if context.store.halted(context.run) else Trading.ON
    processor = RiskProcessor(config_of(context.plan, account), context.instruments, account, trading)
    return PromiseStage(RISK, account, _order(context.plan, account), processor, WRITES, WRITES)


def _order(plan: RunPlan, account: int) -> Sequencer:
    market = (BARS, PREDICTIONS)
    if plan.mode == "strict":
        return StrictCloses(market, plan.partitions, FILLS, account)
    return LiveCloses(market, plan.partitions, FILLS, account, plan.grace_ns)
