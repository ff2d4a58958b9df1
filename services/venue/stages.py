"""The stages of the paper exchange: one an account, each with a file of its own as its record."""

from __future__ import annotations

from pathlib import Path

import msgspec

from services.venue.config import VenueConfig
from services.venue.processor import VenueProcessor, warm
from services.venue.store import Durability, VenueStore
from shared.engine.context import Context
from shared.engine.live_matching import LiveMatching
from shared.engine.log import Sequencer
from shared.engine.matching import StrictMatching
from shared.engine.plan import RunPlan
from shared.engine.promise import PromiseStage
from shared.engine.readers import VENUE
from shared.engine.stage import Stage
from shared.store.contract import StepStore, Store
from shared.streams import REPORTS


class VenueStage(PromiseStage):
    """Keeps its promises in the venue's own file, whatever happens to the desk's record."""

    own: StepStore

    def keep(self, store: Store) -> StepStore:
        """The venue's own file."""
        return self.own


def stages(context: Context) -> list[Stage]:
    """This worker's accounts; no first row waits for a kernel."""
    warm()
    return [stage(context, account, store_of(context, account)) for account in context.accounts]


def stage(context: Context, account: int, own: StepStore) -> Stage:
    """One account's market, kept in this store."""
    config = config_of(context.plan)
    processor = VenueProcessor(config, context.instruments, account)
    made = VenueStage(VENUE, account, _order(context.plan, config, account), processor, (REPORTS,), ())
    made.own = own
    return made


def config_of(plan: RunPlan) -> VenueConfig:
    """The venue's terms in this run."""
    return msgspec.convert({**plan.venue, "interval_ns": plan.interval_ns}, VenueConfig)


def store_of(context: Context, account: int) -> VenueStore:
    """The file of one account's market."""
    durability = Durability.PROCESS if context.plan.mode == "strict" else Durability.POWER
    return VenueStore(Path(context.data) / "venue" / context.run / f"{account}.sqlite", durability)


def _order(plan: RunPlan, config: VenueConfig, account: int) -> Sequencer:
    kind = StrictMatching if plan.mode == "strict" else LiveMatching
    return kind(account, config.latency_ns, plan.interval_ns, plan.partitions)
