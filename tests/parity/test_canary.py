"""A canary trades a slice of its own: its account, its capital, its tag; nobody else notices it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest

from research.replay.inprocess import run_in_process
from research.replay.plan import CANARY_CASH, CANARY_TAG, plan_of
from research.replay.tally import Rows, tally
from services.inference import manifest as manifests
from services.inference.manifest import Calibration
from services.inference.model import predictor_of
from services.inference.source_sealed import planned_processor
from shared.engine.plan import RunPlan
from shared.models.keys import trusted_keys
from shared.models.seal import open_sealed
from shared.streams import PARTITIONS
from shared.verdicts import Verdict
from tests.fixtures.models import Whole
from tests.fixtures.replays import Recorded, changed, staged
from tests.fixtures.signed import kept_model

EAGER = {"entry_threshold": 0.34, "exit_threshold": 0.34}
OTHERS = 2


@pytest.fixture(scope="module")
def contrarian(recorded: Recorded) -> Path:
    """The run's own model with its opinions turned round, signed like any other."""
    sealed = open_sealed(Path(recorded.plan.model), trusted_keys(recorded.data))
    turned = msgspec.structs.replace(
        manifests.decode(sealed.manifest),
        name="contrarian",
        calibration=Calibration(scale=(-1.0, -1.0, -1.0)),
    )
    values = np.array([row.values for row in turned.reference])
    _, said = predictor_of(turned, sealed.files).predict(values)
    reference = tuple(
        msgspec.structs.replace(row, probabilities=tuple(chances))
        for row, chances in zip(turned.reference, said.tolist(), strict=True)
    )
    whole = Whole(msgspec.structs.replace(turned, reference=reference), dict(sealed.files))
    return kept_model(recorded.data, whole)


def planned(recorded: Recorded, canary: Path | None) -> RunPlan:
    options = recorded.options(accounts=OTHERS, canary=canary)
    plan = plan_of(options, {"kind": "memory"}, recorded.tape)
    return changed(msgspec.structs.replace(plan, partitions=PARTITIONS), EAGER, {})


def ran(recorded: Recorded, plan: RunPlan) -> Rows:
    inference = planned_processor(plan, recorded.tape.instruments, trusted_keys(recorded.data))
    tape = recorded.tape.instruments, recorded.tape.ticks, recorded.tape.facts
    return run_in_process(plan, inference, tape, 1_000)


def test_its_orders_carry_its_tag_and_its_own_capital(recorded: Recorded, contrarian: Path) -> None:
    plan = planned(recorded, contrarian)
    rows = ran(recorded, plan)
    orders, verdicts = rows.orders, rows.verdicts
    mine, theirs = orders["account"] == OTHERS, verdicts["account"] == OTHERS
    assert mine.sum() > 5
    assert set(orders["tag"][mine].tolist()) == {CANARY_TAG} and set(orders["tag"][~mine].tolist()) == {0}
    traded = verdicts["verdict"] == int(Verdict.ENTERED)
    of_canary = set(verdicts["model"][traded & theirs].tolist())
    assert len(of_canary) == 1 and of_canary.isdisjoint(verdicts["model"][traded & ~theirs].tolist())
    assert plan.cash[str(OTHERS)] == CANARY_CASH
    assert abs(rows.navs[OTHERS] / 1e6 - float(CANARY_CASH)) < 0.1 * float(CANARY_CASH)
    largest = [np.max(orders["quantity"][where]) for where in (mine, ~mine)]
    assert largest[0] < largest[1]


def test_the_stages_and_the_fused_loop_agree_about_it(recorded: Recorded, contrarian: Path) -> None:
    plan = planned(recorded, contrarian)
    alone = tally(ran(recorded, plan)).ledger_sha256
    assert staged(recorded, plan, recorded.tape.ticks, 700, Random(3)).ledger_sha256 == alone


def test_the_other_accounts_trade_as_if_there_were_none(recorded: Recorded, contrarian: Path) -> None:
    with_it, without = (ran(recorded, planned(recorded, canary)) for canary in (contrarian, None))
    others = with_it.orders.take(np.flatnonzero(with_it.orders["account"] < OTHERS))
    assert others["order_id"].tolist() == without.orders["order_id"].tolist()
    assert set(without.orders["account"].tolist()) <= set(range(OTHERS))


def test_without_a_canary_its_account_waits(recorded: Recorded, contrarian: Path) -> None:
    plan = msgspec.structs.replace(planned(recorded, contrarian), canary="")
    rows = ran(recorded, plan)
    assert (rows.orders["account"] < OTHERS).all() and len(rows.orders)
    waiting = rows.verdicts["verdict"][rows.verdicts["account"] == OTHERS]
    assert int(Verdict.NO_PREDICTION) in waiting.tolist()
    assert int(Verdict.ENTERED) not in waiting.tolist()
