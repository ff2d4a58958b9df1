"""A drill on real servers: Redis carries, Postgres promises behind a wire that is cut, venues have files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal, NamedTuple

import services.venue.stages as venue
from shared.engine.bus import Bus
from shared.engine.context import Context
from shared.engine.redis_bus import open_epoch, wipe
from shared.failures import Wiped
from shared.store.contract import Commit
from shared.store.postgres import PostgresStore
from shared.store.postgres_link import Durability
from tests.chaos.drill import LIVE_ROWS, Drill, History, chances, golden, outcome
from tests.chaos.faults import Dice, Faults
from tests.chaos.invariants import broken
from tests.fixtures.line import RUN, Line, line, small_tape
from tests.fixtures.pg_proxy import Loss, PostgresProxy, proxied
from tests.fixtures.postgres import Server

Mode = Literal["strict", "live"]


class RealKind(NamedTuple):
    """Faults that strike a line on real servers, and by which law it is judged."""

    mode: Mode
    faults: Faults


_CUTS, _REPLIES, _WIPES = 90.0, 90.0, 3.0
_ALL: Final[dict[str, Any]] = {
    "kills": 8.0,
    "stops": 4.0,
    "wipes": 1.0,
    "cuts": 8.0,
    "lost_replies": 8.0,
    "zombies": 4.0,
}
REAL_KINDS: Final = (
    RealKind("strict", Faults(name="connections cut", rows=(40, 200), cuts=_CUTS, shuffled=0.5)),
    RealKind(
        "strict", Faults(name="COMMIT replies lost", rows=(40, 200), lost_replies=_REPLIES, shuffled=0.5)
    ),
    RealKind("strict", Faults(name="Redis wiped", rows=(40, 200), wipes=_WIPES, shuffled=0.5)),
    RealKind("strict", Faults(name="everything at once", rows=(40, 200), shuffled=1.0, **_ALL)),
    RealKind("live", Faults(name="live connections cut", cuts=_CUTS, shuffled=0.5)),
    RealKind("live", Faults(name="live COMMIT replies lost", lost_replies=_REPLIES, shuffled=0.5)),
    RealKind("live", Faults(name="live Redis wiped", wipes=_WIPES, shuffled=0.5)),
    RealKind("live", Faults(name="live everything at once", shuffled=1.0, **_ALL)),
)
"""Each history of a strict kind must come to the golden ledger, each of a live one keep every invariant."""


class CutPostgres(PostgresStore):
    """The record behind a wire: it is cut before a commit or in the midst of it, or the reply gets lost."""

    def __init__(self, proxy: PostgresProxy, data: Path, durability: Durability, dice: Dice) -> None:
        super().__init__(proxy.url, data, durability)
        self._proxy = proxy
        self._dice = dice

    def commit(self, run: str, commits: Sequence[Commit]) -> None:
        """All of it in one transaction, if the wire holds; a cut takes everybody's connection."""
        mark = commits[0].lease.encode()
        if self._dice.strikes("cuts"):
            if self._dice.draw.random() < 0.5:
                self._proxy.cut()
            else:
                self._proxy.lose(Loss.REQUEST, mark)
        elif self._dice.strikes("lost_replies"):
            self._proxy.lose(Loss.REPLY, mark)
        super().commit(run, commits)


class RealDrill(Drill):
    """A drill whose services share nothing but the servers."""

    def __init__(self, made: Line, dice: Dice, bus: str, proxy: PostgresProxy) -> None:
        super().__init__(made, dice)
        self._bus = bus
        data, plan = made.context.data, made.context.plan
        durability = Durability.STRICT_REPLAY if plan.mode == "strict" else Durability.LIVE
        self._records = {name: CutPostgres(proxy, data, durability, dice) for name in made.services}
        self._buses: list[Bus] = []

    def connect(self) -> Bus:
        """A client of Redis in the run's epoch."""
        row = self.store.run(RUN)
        assert row is not None
        bus = open_epoch(self._bus, RUN, row.bus_epoch, lambda seen: self.store.bump_bus_epoch(RUN, seen))
        self._buses.append(bus)
        return bus

    def context_of(self, service: str) -> Context:
        """The same run through a connection of its own."""
        return replace(super().context_of(service), store=self._records[service])

    def step(self, service: str) -> bool:
        """One round; who found nothing asks, as one who waits does, whether its streams are still there."""
        if super().step(service):
            return True
        try:
            self._workers[service]._bus.alive()
        except Wiped:
            self._workers.pop(service)
            return True
        return False

    def wipe(self) -> None:
        """Loses all that Redis holds of the run."""
        wipe(self._bus, RUN)

    def close(self) -> None:
        """Gives every connection back."""
        for bus in self._buses:
            bus.close()
        for record in self._records.values():
            record.close()


def play_real(kind: RealKind, seed: int, ticks: int, bus: str, server: Server) -> History:
    """Plays one history on these servers, in a database of its own; a failure says how it broke the law."""
    draw = Random(f"real {kind.faults.name}/{seed}")
    dice = Dice(draw)
    with _line(kind, draw, ticks, server) as (made, proxy):
        wipe(bus, RUN)
        drill = RealDrill(made, dice, bus, proxy)
        dice.chances = chances(kind.faults, golden(ticks)[1])
        failure = outcome(drill, draw if draw.random() < kind.faults.shuffled else None)
        found = None if failure else made.tally()
        if found is not None:
            drill.settle()
            failure = "; ".join(broken(made, drill.connect()))
        wanted = golden(ticks)[0].ledger_sha256
        if found is not None and kind.mode == "strict" and found.ledger_sha256 != wanted:
            failure = f"ledger {found.ledger_sha256[:12]} instead of {wanted[:12]}"
        drill.close()
    return History(seed, failure, found, dict(dice.struck))


@contextmanager
def _line(kind: RealKind, draw: Random, ticks: int, server: Server) -> Iterator[tuple[Line, PostgresProxy]]:
    """A line about to start; its record is looked at beside the wire, which nobody cuts there."""
    rows = draw.choice(kind.faults.rows) if kind.mode == "strict" else LIVE_ROWS
    tape, url = small_tape().ticks.rows(0, ticks), server.database()
    with TemporaryDirectory(prefix="tl-drill-") as folder, proxied(url) as proxy:
        store = PostgresStore(url, Path(folder))
        made = line(rows, store, mode=kind.mode, tape=tape)
        store.save_instruments(RUN, made.context.instruments)
        context = replace(made.context, data=Path(folder))
        yield replace(made, context=context, services={**made.services, "venue": venue.stages}), proxy
        store.close()
    server.drop(url)
