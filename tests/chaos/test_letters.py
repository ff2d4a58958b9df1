"""However few letters an outbox keeps, a bus that is wiped is filled again for the slowest reader."""

from __future__ import annotations

import pytest

from research.replay.simulation import Simulation
from shared.engine import promise
from shared.engine.promise import read_state
from shared.engine.readers import RISK
from tests.chaos.drill import play, play_live
from tests.chaos.faults import Faults
from tests.fixtures.line import RUN, line, small_tape

SHORT = 3_500
WIPES = Faults(name="wiped with few letters", rows=(40, 200), wipes=4.0, stops=8.0, shuffled=0.8)
KEPT = 3


@pytest.fixture(autouse=True)
def few_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promise, "LETTERS_KEPT", KEPT)
    monkeypatch.setattr(promise, "FORGET_EVERY_NS", 1)


@pytest.mark.parametrize("seed", range(4))
def test_a_strict_line_comes_to_the_golden_ledger(seed: int) -> None:
    history = play(WIPES, seed, SHORT)
    assert not history.failure, history.failure
    assert history.struck["wipes"]


@pytest.mark.parametrize("seed", range(3))
def test_a_live_line_keeps_its_invariants(seed: int) -> None:
    history = play_live(WIPES, seed, SHORT)
    assert not history.failure, history.failure


def test_what_nobody_needs_again_is_forgotten() -> None:
    made = line(40, tape=small_tape().ticks.rows(0, SHORT))
    Simulation(made.context, made.services).run()
    for account in made.context.plan.accounts:
        row = made.store.stage(RUN, RISK, account)
        state = read_state(row.state if row else None)
        entries = state.entries if state else 0
        orders = list(made.store.outbox(RUN, "orders", account, 0))
        reports = list(made.venues[account].outbox(RUN, "reports", account, 0))
        assert 0 < len(orders) < entries / 2
        assert 0 < len(reports) < entries / 2
