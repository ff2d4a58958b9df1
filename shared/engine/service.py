"""A service as a process: wires its stages to the bus and the record, and lives until it is told to go.

Crash-only: whatever goes wrong, the way back is the way in.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from shared import metrics as m
from shared.config import load
from shared.engine.bus import Bus
from shared.engine.context import Context
from shared.engine.crash import CrashPoint, never
from shared.engine.meter import Meter
from shared.engine.plan import RunPlan
from shared.engine.priority import stand_back
from shared.engine.readers import readers_of
from shared.engine.redis_bus import open_epoch
from shared.engine.stage import Stage
from shared.engine.worker import Edge, Worker
from shared.failures import Corrupt, Fenced, Refused, Unavailable, Wiped
from shared.health import HealthServer, Pulse
from shared.logs import logger
from shared.market import Instruments
from shared.places import data_folder
from shared.settings import Settings
from shared.store.contract import Store
from shared.store.postgres import PostgresStore
from shared.store.postgres_link import Durability

Build = Callable[[Context], Sequence[Stage]]
RETRY_S: Final = 0.2
BEHIND_THE_LINE: Final = 5
"""How much a process that nobody waits for gives way to those between a tick and its fill."""
PATIENCE_S: Final = 60.0
"""How long the world may be down before the process gives up and leaves it to its supervisor."""


class Service:
    """One process of one service."""

    def __init__(self, name: str, build: Build, settings: Settings, crash: CrashPoint = never) -> None:
        self.name = name
        self._build = build
        self._settings = settings
        self._crash = crash
        self._going = True
        self._down_since = 0.0
        self._log = logger(name, settings.run, settings.log)
        self._metrics = m.Metrics(name)
        self._pulse = Pulse(time.monotonic)

    def serve(self) -> int:
        """Works until a signal asks it to go; the exit code says how it ended."""
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, self._stop)
        health = HealthServer(
            self._settings.health_port, self._pulse, self._metrics.text, self._settings.health_host
        )
        health.start()
        try:
            return self._live()
        except Refused as error:
            print(f"{self.name}: {error}", file=sys.stderr)
            return 3
        except (Fenced, Corrupt) as error:
            self._log.error("service.stopped", reason=type(error).__name__, error=str(error))
            return 1
        finally:
            health.stop()

    def _live(self) -> int:
        while self._going:
            try:
                self._work()
            except Wiped as error:
                self._log.warning("bus.wiped", error=str(error))
            except Unavailable as error:
                self._down_since = self._down_since or time.monotonic()
                self._log.warning("dependency.unavailable", error=str(error))
                self._metrics.counter(m.RETRIES).inc()
                if time.monotonic() - self._down_since > PATIENCE_S:
                    return 4
                time.sleep(RETRY_S)
        return 0

    def _work(self) -> None:
        self._pulse.waits_for("the record and the bus")
        self._metrics.gauge(m.READY).set(0)
        data = data_folder(self._settings, os.environ)
        durability = Durability.LIVE if self._settings.engine.mode == "live" else Durability.STRICT_REPLAY
        store = PostgresStore(self._settings.db, data, durability)
        try:
            run = store.run(self._settings.run)
            if run is None:
                raise Unavailable(f"run {self._settings.run} has not been opened yet")
            plan = RunPlan.read(run.settings)
            bus = open_epoch(
                self._settings.bus, run.run, run.bus_epoch, lambda seen: store.bump_bus_epoch(run.run, seen)
            )
            try:
                self._turn(self._worker(plan, bus, store))
            finally:
                bus.close()
        finally:
            store.close()

    def _worker(self, plan: RunPlan, bus: Bus, store: Store) -> Worker:
        settings = self._settings
        context = Context(
            run=settings.run,
            plan=plan,
            instruments=Instruments(store.instruments(settings.run)),
            store=store,
            data=Path(data_folder(settings, os.environ)),
            worker=settings.worker.index,
            workers=settings.worker.count,
        )
        stages = self._build(context)
        worker = Worker(
            settings.run, bus, store, stages, Edge(time.time_ns, Meter(self._metrics), self._crash)
        )
        worker.expect(readers_of(plan))
        worker.resume()
        return worker

    def _turn(self, worker: Worker) -> None:
        self._log.info("service.ready")
        self._pulse.ready()
        self._metrics.gauge(m.READY).set(1)
        gc.collect()
        gc.freeze()
        if worker.leisurely:
            stand_back(BEHIND_THE_LINE)
        while self._going:
            worker.wait()
            self._down_since = 0.0
            self._pulse.beat()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._going = False


def run_service(name: str, build: Build) -> int:
    """The body of every service's `__main__`."""
    try:
        settings = load(os.environ).settings
    except Refused as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 3
    return Service(name, build, settings).serve()
