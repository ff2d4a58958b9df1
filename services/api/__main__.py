"""Starts the gateway: `python -m services.api`."""

from __future__ import annotations

import os
import sys
import time

import uvicorn
from fastapi import FastAPI

from services.api.app import create_app
from services.api.clock import Clock
from services.api.desk import Desk
from services.api.keys import first_key
from services.api.live import Live
from services.api.queries import PostgresQueries
from services.api.record import Record
from services.api.source_bus import OutboxFeed, RedisFeed
from services.api.source_explanations import TOPIC as EXPLANATIONS
from services.api.source_explanations import ExplanationsFeed
from services.api.source_market import TOPIC as MARKET
from services.api.source_market import MarketFeed, source_of
from shared.config import load
from shared.engine.bus import Key
from shared.failures import Refused
from shared.logs import logger
from shared.metrics import Metrics
from shared.places import data_folder
from shared.settings import Settings
from shared.store.postgres import PostgresStore

TOPICS = ("signals", "orders", "fills", "verdicts", "order_events")


def gateway(settings: Settings) -> FastAPI:
    """The gateway of the run that the settings name."""
    if not settings.db or not settings.bus:
        raise Refused("the gateway wants TAPELINE_DB and TAPELINE_BUS; `tapeline up` sets both")
    store = PostgresStore(settings.db, data_folder(settings, os.environ))
    key = first_key(store, time.time_ns(), settings.api.key)
    if key is not None:
        print(f"API key, shown once: {key}", flush=True)
    record = Record(store)
    keys = [Key(topic, account.id) for topic in TOPICS for account in settings.accounts.values()]
    market = MarketFeed(RedisFeed(settings.bus, settings.run, record), source_of(record, settings.run))
    feed, spare = (
        ExplanationsFeed(each, record, settings.run, time.monotonic)
        for each in (market, OutboxFeed(record, settings.run))
    )
    live = Live(feed, spare, [*keys, MARKET, EXPLANATIONS])
    queries = PostgresQueries(settings.db, settings.run)
    desk = Desk(settings.run, record, queries, live, Clock(time.monotonic, time.time_ns))
    return create_app(desk, Metrics("api"))


def main() -> int:
    """Serves until a signal asks it to go."""
    try:
        settings = load(os.environ).settings
        app = gateway(settings)
    except Refused as error:
        print(error, file=sys.stderr)
        return 3
    gate = f"{settings.api.host}:{settings.api.port}"
    logger("api", settings.run, settings.log).info("gateway.opens", address=gate)
    uvicorn.run(
        app,
        host=settings.api.host,
        port=settings.api.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=8 * 1024,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
