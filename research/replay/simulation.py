"""The whole line in one process on the memory twins, with crashes on request: every seed is one history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from shared import metrics as m
from shared.engine.bus import Bus
from shared.engine.context import Context
from shared.engine.crash import CrashPoint
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.meter import Meter
from shared.engine.promise import read_state
from shared.engine.readers import LEDGER, readers_of
from shared.engine.stage import Stage
from shared.engine.worker import Edge, Worker
from shared.failures import Unavailable, Wiped
from shared.store.contract import Store
from shared.time import END_OF_TAPE

Build = Callable[[Context], Sequence[Stage]]


class Killed(BaseException):
    """A simulated `kill -9`: nothing may catch it but the simulation."""


class Simulation:
    """One worker a service on a memory bus; what survives a crash is only the hub and the stores."""

    def __init__(self, context: Context, services: Mapping[str, Build], hub: MemoryHub | None = None) -> None:
        self.hub = hub or MemoryHub()
        self.now_ns = 0
        self.kills: dict[str, int] = {}
        self._context = context
        self._services = dict(services)
        self._workers: dict[str, Worker] = {}
        self._readers = readers_of(context.plan)
        self.crash: CrashPoint = _never

    @property
    def store(self) -> Store:
        """The record, which outlives every worker."""
        return self._context.store

    @property
    def complete(self) -> bool:
        """Whether every ledger has seen the end of the tape."""
        return all(self.until(account) == END_OF_TAPE for account in self._context.plan.accounts)

    def until(self, account: int) -> int:
        """The time that an account's ledger has durably reached."""
        row = self.store.stage(self._context.run, LEDGER, account)
        state = read_state(row.state if row else None)
        return state.until_ns if state else 0

    def step(self, service: str) -> bool:
        """One round of one service, which may die in it."""
        self.now_ns += 1_000_000
        try:
            worker = self._workers.get(service) or self._start(service)
            return worker.turn(0.0)
        except (Killed, Wiped, Unavailable) as death:
            self._workers.pop(service, None)
            self.kills[type(death).__name__] = self.kills.get(type(death).__name__, 0) + 1
            return True

    def kill(self, service: str) -> None:
        """Forgets everything a service held in memory."""
        self._workers.pop(service, None)
        self.kills["Killed"] = self.kills.get("Killed", 0) + 1

    def run(self, order: Random | None = None, most_rounds: int = 1_000_000) -> None:
        """Goes on until the tape has ended, services taking turns in line or at random."""
        names, idle = list(self._services), 0
        for _ in range(most_rounds):
            if self.complete:
                return
            for service in order.sample(names, len(names)) if order else names:
                idle = 0 if self.step(service) else idle + 1
            if idle > 200 * len(names):
                raise RuntimeError(f"the line stands still at {self.until(self._context.plan.accounts[0])}")
        raise RuntimeError(f"the tape did not end within {most_rounds} rounds")

    def connect(self) -> Bus:
        """A client of the hub for a worker that starts."""
        return MemoryBus(self.hub)

    def context_of(self, service: str) -> Context:
        """What a service that starts is given: all of them share one record."""
        return self._context

    def _start(self, service: str) -> Worker:
        context = self.context_of(service)
        stages = self._services[service](context)
        meter = Meter(m.Metrics(service))
        edge = Edge(lambda: self.now_ns, meter, lambda point: self.crash(f"{service}.{point}"))
        worker = Worker(context.run, self.connect(), context.store, stages, edge)
        worker.expect(self._readers)
        worker.resume()
        self._workers[service] = worker
        return worker


def _never(point: str) -> None:
    """Passes every crash point."""
