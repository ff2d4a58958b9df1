"""Starts the watch: `python -m research.watch`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO

from research.watch.gauges import Gauges
from research.watch.loop import WHY, Errand, Watch
from shared import metrics as m
from shared.config import load
from shared.engine.priority import stand_back
from shared.failures import Refused
from shared.health import HealthServer, Pulse
from shared.logs import logger
from shared.metrics import Metrics

BEHIND_THE_LINE = 5
TURN_S = 0.5


def main() -> int:
    """Works until a signal asks it to go."""
    try:
        settings = load(os.environ).settings
    except Refused as error:
        print(f"watch: {error}", file=sys.stderr)
        return 3
    asked_to_go = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: asked_to_go.set())
    metrics, pulse = Metrics("watch"), Pulse(time.monotonic)
    log = logger("watch", settings.run, settings.log)
    health = HealthServer(settings.health_port, pulse, metrics.text, settings.health_host)
    health.start()
    gauges = Gauges(metrics, log)
    watches = (
        Watch(gauges, settings.watch.every_s, _start),
        Watch(gauges, settings.watch.explain_s, _start, Errand(WHY, "explaining orders")),
    )
    stand_back(BEHIND_THE_LINE)
    pulse.ready()
    metrics.gauge(m.READY).set(1)
    log.info("service.ready")
    try:
        while not asked_to_go.wait(TURN_S):
            for watch in watches:
                watch.turn(time.monotonic())
            pulse.beat()
    finally:
        for watch in watches:
            watch.stop()
        health.stop()
    return 0


def _start(words: Sequence[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    """A child that says everything into one file; it ties itself to us, for we have several threads."""
    return subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
    )


if __name__ == "__main__":
    sys.exit(main())
