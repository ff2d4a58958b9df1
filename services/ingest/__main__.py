"""`python -m services.ingest`: ticks enter the line."""

import os
import sys
from collections.abc import Callable
from functools import partial

from services.ingest.feeds.plan import feed_keys
from services.ingest.stages import Outside, stages
from shared.config import load
from shared.engine.context import Context
from shared.engine.service import run_service
from shared.engine.stage import Stage
from shared.logs import logger


def build(context: Context) -> list[Stage]:
    """The stage of the run's source, with this process's keys and log."""
    settings = load(os.environ).settings
    log = logger("ingest", settings.run, settings.log)
    return stages(context, Outside(feed_keys(settings), partial(_say, log.warning)))


def _say(warn: Callable[..., None], line: str) -> None:
    warn("feed", said=line)


if __name__ == "__main__":
    sys.exit(run_service("ingest", build))
