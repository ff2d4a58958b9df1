"""Whatever befalls a strict line, its ledger is the golden one: a sample; `make chaos` runs the campaign."""

from __future__ import annotations

import pytest

from research.replay.simulation import Simulation
from tests.chaos.drill import golden, play
from tests.chaos.faults import KINDS, Faults
from tests.chaos.invariants import broken
from tests.fixtures.line import TICKS, line, small_tape

SHORT = 3_500
SEEDS = 1


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("faults", KINDS, ids=lambda faults: faults.name)
def test_a_short_history_comes_to_the_golden_ledger(
    faults: Faults, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    history = play(faults, seed, SHORT)
    assert not history.failure, f"seed {seed} of {faults.name}: {history.failure}"
    with capsys.disabled():
        print(f" N={SEEDS} of {faults.name}, struck {history.struck}", end=" ")


@pytest.mark.chaos
def test_the_whole_tape_survives_everything_at_once() -> None:
    tally, _ = golden(TICKS)
    assert tally.orders >= 300
    assert tally.fills >= 1_000
    history = play(KINDS[-1], 0, TICKS)
    assert not history.failure, history.failure


def test_a_calm_strict_record_keeps_every_invariant() -> None:
    made = line(50, tape=small_tape().ticks.rows(0, SHORT))
    calm = Simulation(made.context, made.services)
    calm.run()
    assert broken(made, calm.connect()) == []


def test_every_kind_of_fault_strikes() -> None:
    struck = {name for seed in range(6) for name in play(KINDS[-1], seed, SHORT).struck}
    assert {"kills", "stops", "cuts", "lost_replies", "echoes", "zombies"} <= struck
