"""A history in which somebody halts trading and risk dies soon after."""

from __future__ import annotations

from random import Random

from shared.engine.promise import read_state
from shared.engine.readers import RISK
from tests.chaos.drill import Drill, Plant, as_it_is
from tests.chaos.faults import Dice
from tests.fixtures.line import RUN, line, small_tape

ROWS = 50


def orders_after_a_halt(seed: int, ticks: int, plant: Plant = as_it_is) -> int:
    """Orders that were decided after the halt was in the record and risk had been started again."""
    draw = Random(f"halt/{seed}")
    made = plant(line(ROWS, tape=small_tape().ticks.rows(0, ticks)))
    drill = Drill(made, Dice(draw))
    for _ in range(draw.randrange(20, 40)):
        for service in made.services:
            drill.step(service)
    made.store.halt_trading(RUN)
    drill.kill("risk")
    halted_at = {account: _decided(drill, account) for account in made.context.plan.accounts}
    drill.run()
    orders = made.store.read_rows(RUN, "orders")
    return sum(
        time > halted_at[account]
        for account, time in zip(orders["account"].tolist(), orders["event_time_ns"].tolist(), strict=True)
    )


def _decided(drill: Drill, account: int) -> int:
    row = drill.store.stage(RUN, RISK, account)
    state = read_state(row.state if row else None)
    return state.until_ns if state else 0
