"""The stages of the ledger: one an account, its rows and its place in one commit."""

from decimal import Decimal

from services.ledger.config import LedgerConfig
from services.ledger.processor import LedgerProcessor
from shared.engine.closes import SettledCloses
from shared.engine.context import Context
from shared.engine.promise import PromiseStage
from shared.engine.readers import LEDGER, RECORDED, RISK
from shared.engine.recorder import RecorderStage
from shared.engine.retention import Forgetting, JournalForgotten, RowsForgotten
from shared.engine.stage import LEISURE_NS, Stage
from shared.streams import BARS, FILLS
from shared.tables import LEDGER_TABLES


class LedgerStage(PromiseStage):
    """Books in strides: nobody on the way from tick to fill waits for it."""

    leisure_ns = LEISURE_NS


def stages(context: Context) -> list[Stage]:
    """This worker's accounts; the first worker of a live run also records what the market did."""
    booking: list[Stage] = [_stage(context, account) for account in context.accounts]
    if context.plan.mode == "strict" or context.worker:
        return booking
    return [*booking, RecorderStage(RECORDED, range(context.plan.partitions), _forgets(context))]


def _forgets(context: Context) -> list[Forgetting]:
    """Bars, predictions, verdicts and risk's journals go when they are old; money stays."""
    plan = context.plan
    journals = [(RISK, account) for account in plan.accounts]
    return [
        RowsForgotten(context.store, plan.retention),
        JournalForgotten(context.store, plan.retention.journal_days, journals),
    ]


def _stage(context: Context, account: int) -> Stage:
    plan = context.plan
    owner = plan.risk[str(account)]
    book, strategy, tag = (int(owner.get(name, 0)) for name in ("book", "strategy", "tag"))
    currency = str(owner.get("currency", plan.currency))
    config = LedgerConfig.of(Decimal(plan.cash[str(account)]), currency, book, strategy, tag)
    processor = LedgerProcessor(config, context.instruments, account)
    order = SettledCloses((BARS,), plan.partitions, FILLS, account, context.actions)
    return LedgerStage(LEDGER, account, order, processor, (), LEDGER_TABLES)
