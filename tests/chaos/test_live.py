"""Live, no two days are alike, but every record keeps the invariants and repeats from its journal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random

import msgspec
import pytest

import services.risk.stages as risk
from services.risk.processor import RiskProcessor
from shared.block import Block, join
from shared.codec import decode
from shared.digest import rows_digest
from shared.engine.bus import Bus, Key
from shared.engine.live_closes import Heads, RepeatedCloses, read_heads
from shared.engine.readers import RISK
from shared.streams import BARS, FILLS, PREDICTIONS
from tests.chaos.drill import Drill, chances, golden, live_line, play_live
from tests.chaos.faults import LIVE_KINDS, Dice, EchoBus, Faults
from tests.fixtures.line import RUN, Line

SHORT = 3_500
SEEDS = 1


class Archive(EchoBus):
    """A bus that forgets nothing."""

    def trim(self, key: Key, below: int) -> None:
        """Keeps it."""


class ArchivedDrill(Drill):
    """A drill whose bus can be read from the beginning when the day is over."""

    def connect(self) -> Bus:
        return Archive(self.hub, partial(self.dice.strikes, "echoes"))


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("faults", LIVE_KINDS, ids=lambda faults: faults.name)
def test_a_live_record_keeps_every_invariant(
    faults: Faults, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    history = play_live(faults, seed, SHORT)
    assert not history.failure, f"seed {seed} of {faults.name}: {history.failure}"
    assert history.tally is not None
    assert history.tally.fills > 80
    with capsys.disabled():
        print(f" N={SEEDS} of live {faults.name}, struck {history.struck}", end=" ")


@pytest.mark.parametrize("seed", range(1))
def test_a_live_day_repeats_exactly_from_its_journal(seed: int) -> None:
    dice = Dice(Random(f"journal/{seed}"))
    day = live_line(dice, SHORT)
    drill = ArchivedDrill(day, dice)
    dice.chances = chances(Faults(name="deaths", kills=8.0, stops=4.0, lost_replies=6.0), golden(SHORT)[1])
    drill.run(dice.draw)
    for account in day.context.plan.accounts:
        logs = {key: [decode(entry.payload) for entry in log] for key, log in drill.hub.logs.items()}
        again = repeated(day, account, logs)
        for stream, blocks in again.items():
            recorded = day.store.read_rows(RUN, stream)
            mine = recorded.take((recorded["account"] == account).nonzero()[0])
            assert len(mine)
            assert rows_digest(stream, [join(blocks)]) == rows_digest(stream, [mine])


def repeated(day: Line, account: int, logs: Mapping[Key, list[Block]]) -> dict[str, list[Block]]:
    """What risk decides when its journal says what it had read at each close."""
    plan = day.context.plan
    journal = [head for _, raw in day.store.journal(RUN, RISK, account, 0) for head in heads(raw)]
    order = RepeatedCloses((BARS, PREDICTIONS), plan.partitions, FILLS, account, journal)
    for key in order.positions():
        for block in logs.get(key, []):
            order.offer(key, block)
    processor = RiskProcessor(risk.config_of(plan, account), day.context.instruments, account)
    made: dict[str, list[Block]] = {}
    while (turn := order.turn(0)) is not None:
        for block in turn.blocks:
            for out in processor.handle(block):
                made.setdefault(out.stream.name, []).append(out)
    return made


def heads(raw: bytes) -> list[Heads]:
    """The entries that one commit wrote into the journal."""
    return [read_heads(entry) for entry in msgspec.msgpack.decode(raw, type=list[bytes])]
