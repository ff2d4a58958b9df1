"""Bad ticks in, and the ledger does not know."""

from __future__ import annotations

import numpy as np

from services.ingest.quality.checks import QualityChecker
from services.ingest.quality.plan import QualityPlan
from services.ingest.quality.reasons import Reason
from services.ingest.quality.report import problems, report
from services.ingest.synthetic.market import MarketPlan
from services.ingest.tape import synthetic_tape
from shared.calendars import Sessions
from shared.time import DAY_NS, SECOND_NS
from tests.fixtures.bad_ticks import SPOILS, numbered, plant
from tests.fixtures.markets import same_rows
from tests.fixtures.replays import Recorded, fused

CLEAN = 200_000
BAD = 100_000


def test_a_hundred_thousand_bad_ticks_are_all_refused_and_change_no_ledger(recorded: Recorded) -> None:
    tape = synthetic_tape(MarketPlan(symbols=8, seed=5, ticks_per_s=2.0), CLEAN)
    clean = numbered(tape.ticks)
    planted = plant(clean, BAD, seed=11)
    start, end = int(clean["event_time_ns"][0]), int(clean["event_time_ns"][-1])
    plan = QualityPlan(
        from_ns=DAY_NS, lateness_ns=SECOND_NS, ahead_ns=100 * DAY_NS, most_size=1 << 40, described_only=1
    )
    checker = QualityChecker(plan, tape.instruments)
    hours = Sessions(np.array([start]), np.array([end + 1]))
    checker.know_sessions({row.instrument: hours for row in tape.instruments})

    reasons = checker.check(planted.ticks)

    assert len(SPOILS) >= 20
    assert int((planted.kinds > 0).sum()) == BAD
    accepted = planted.ticks.take(np.flatnonzero(reasons == 0))
    assert int((reasons[planted.kinds > 0] == 0).sum()) == 0
    assert same_rows(accepted, clean)
    told = report("planted", checker.findings(), tape.instruments)
    assert problems(told) == []
    assert (told.accepted, told.refused) == (CLEAN, BAD)
    named = reasons[planted.kinds > 0] == planted.kinds[planted.kinds > 0]
    old = planted.kinds[planted.kinds > 0] == Reason.OLD_SEQUENCE
    assert named[~old].all()
    ledgers = [fused(recorded, recorded.plan, ticks) for ticks in (clean, accepted)]
    assert ledgers[0].fills > 100
    assert ledgers[0].ledger_sha256 == ledgers[1].ledger_sha256


def test_without_the_checks_the_bad_ticks_would_change_the_ledger(recorded: Recorded) -> None:
    """Or the test above would prove nothing."""
    tape = synthetic_tape(MarketPlan(symbols=8, seed=5, ticks_per_s=2.0), 20_000)
    planted = plant(numbered(tape.ticks), 5_000, seed=11)
    harmless = np.isin(planted.kinds, [0, Reason.TRADE_SPIKE])

    spiked = planted.ticks.take(np.flatnonzero(harmless))

    clean = fused(recorded, recorded.plan, tape.ticks)
    assert fused(recorded, recorded.plan, spiked).ledger_sha256 != clean.ledger_sha256
