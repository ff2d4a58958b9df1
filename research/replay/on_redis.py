"""A replay on Redis: every service its own process, Postgres the record, and kills on request."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from random import Random
from typing import Final

import msgspec

from research.replay.fleet import Fleet, posts_for
from research.replay.options import ReplayOptions
from research.replay.plan import notes_on, plan_of
from research.replay.record import rows_of
from research.replay.result import Course, ReplayResult, result_of
from research.replay.tally import tally
from services.ingest.cuts import WIRE_ROWS
from services.ingest.tape import Tape, read_tape
from shared.engine.bus import Bus, Key
from shared.engine.plan import RunPlan
from shared.engine.promise import StageState, read_state
from shared.engine.readers import LEDGER, RISK, readers_of
from shared.engine.redis_bus import open_epoch, wipe
from shared.failures import Refused
from shared.store.contract import RunRow, Store
from shared.store.postgres import PostgresStore
from shared.store.postgres_link import Durability
from shared.streams import TICKS
from shared.time import END_OF_TAPE

POLL_S: Final = 0.005
STANDSTILL_S: Final = 120.0
ONE_THREAD: Final = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}


def replay_on_redis(options: ReplayOptions) -> ReplayResult:
    """Runs the tape through the fleet and reads the ledger back from Postgres."""
    if not options.bus or not options.db:
        raise Refused(
            "a replay on redis wants a bus and a db: give --bus and --db, or neither for embedded servers"
        )
    tape = read_tape(options.tape, options.read)
    rows = min(options.block or WIRE_ROWS, WIRE_ROWS)
    source: dict[str, object] = {
        "kind": "tape",
        "path": str(options.tape.absolute()),
        "rows_per_cut": rows,
        "read": msgspec.to_builtins(options.read),
    }
    if options.speed:
        source |= {
            "speed": options.speed,
            "control": str(options.control.absolute()) if options.control else "",
        }
    plan = plan_of(options, source, tape)
    store = PostgresStore(options.db, options.data, Durability.STRICT_REPLAY)
    try:
        _check_venue(options, store)
        store.open_run(RunRow(run=options.run, mode="strict", config_hash=plan.hash, settings=plan.text()))
        store.save_instruments(options.run, tape.instruments)
        return _Run(options, plan, store, tape).result()
    finally:
        store.close()


def _check_venue(options: ReplayOptions, store: Store) -> None:
    """A venue keeps its own book: one of a run that the record does not know holds orders of another."""
    if store.run(options.run) is None and (options.data / "venue" / options.run).exists():
        raise Refused(
            f"the venue in {options.data} knows a run {options.run} that this record does not: "
            "give the replay another --data"
        )


class _Run:
    """One replay under way."""

    def __init__(self, options: ReplayOptions, plan: RunPlan, store: Store, tape: Tape) -> None:
        self._options = options
        self._plan = plan
        self._store = store
        self._tape = tape
        self._random = Random(options.seed)
        posts = posts_for(options.workers, len(plan.accounts))
        self._fleet = Fleet(posts, self._environment(), options.data / "logs" / options.run)

    def result(self) -> ReplayResult:
        """Drives the fleet to the end of the tape, then counts; the bus keeps nothing of it."""
        asked = started = time.perf_counter()
        try:
            self._start()
            started = time.perf_counter()
            self._drive()
        finally:
            seconds = time.perf_counter() - started
            self._fleet.stop()
            wipe(self._options.bus, self._options.run)
        self._store.complete_run(self._options.run)
        course = Course(
            engine="redis",
            ticks=len(self._tape.ticks),
            seconds=seconds,
            start_s=started - asked,
            notes=notes_on(self._tape),
            kills=self._fleet.kills,
            restarts=self._fleet.restarts,
        )
        return result_of(course, tally(rows_of(self._store, self._options.run)))

    def _start(self) -> None:
        """Readers first; the clock starts when the first tick is on the bus."""
        self._fleet.start("ingest")
        row = self._store.open_run(RunRow(run=self._options.run, mode="strict"))
        bus = open_epoch(
            self._options.bus, row.run, row.bus_epoch, lambda seen: self._store.bump_bus_epoch(row.run, seen)
        )
        try:
            self._wait(lambda: self._everybody_reads(bus))
            self._fleet.start()
            self._wait(lambda: bus.last(Key(TICKS.name, 0)) > 0)
        finally:
            bus.close()

    def _everybody_reads(self, bus: Bus) -> bool:
        noted = bus.noted("fetched")
        return all(names <= noted.get(key, {}).keys() for key, names in readers_of(self._plan).items())

    def _wait(self, reached: Callable[[], bool]) -> None:
        give_up = time.monotonic() + STANDSTILL_S
        while not reached():
            self._fleet.tend()
            if time.monotonic() > give_up:
                raise RuntimeError(f"the line did not start within {STANDSTILL_S:.0f} s")
            time.sleep(POLL_S)

    def _drive(self) -> None:
        kill_times = self._kill_times()
        moved, seen = time.monotonic(), 0
        while not self._ended():
            self._fleet.tend()
            reached = self._reached(RISK)
            if kill_times and reached >= kill_times[0]:
                kill_times.pop(0)
                self._strike()
            now = time.monotonic()
            if reached != seen:
                moved, seen = now, reached
            if now - moved > STANDSTILL_S and not self._options.speed:
                raise RuntimeError(
                    f"the line has stood still at {reached} for {STANDSTILL_S:.0f} s; last words: "
                    f"{self._fleet.last_words()}"
                )
            time.sleep(POLL_S)

    def _strike(self) -> None:
        """Kills a process without warning, or loses the bus."""
        if self._options.kill != "bus":
            self._fleet.kill(self._options.kill, self._random)
            return
        wipe(self._options.bus, self._options.run)
        self._fleet.kills["bus"] = self._fleet.kills.get("bus", 0) + 1

    def _kill_times(self) -> list[int]:
        times = self._tape.ticks["event_time_ns"]
        first, last = int(times[0]), int(times[-1])
        return sorted(
            first + int(self._random.uniform(0.02, 0.95) * (last - first)) for _ in range(self._options.times)
        )

    def _ended(self) -> bool:
        return self._reached(LEDGER) == END_OF_TAPE

    def _reached(self, stage: str) -> int:
        """The time that the slowest account of a stage has durably reached."""
        states = [self._state(stage, account) for account in self._plan.accounts]
        return min(state.until_ns if state else 0 for state in states)

    def _state(self, stage: str, account: int) -> StageState | None:
        row = self._store.stage(self._options.run, stage, account)
        return read_state(row.state if row else None)

    def _environment(self) -> dict[str, str]:
        options = self._options
        return {
            **os.environ,
            **ONE_THREAD,
            "TAPELINE_RUN": options.run,
            "TAPELINE_BUS": options.bus,
            "TAPELINE_DB": options.db,
            "TAPELINE_DATA": str(options.data),
            "TAPELINE_HEALTH_PORT": "0",
            "TAPELINE_ENGINE__MODE": "strict",
        }
