"""What the synthetic market tells: the factors that move its prices, and reports that nobody can foresee."""

from __future__ import annotations

import numpy as np

from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.ingest.synthetic.facts import DAYS_A_REPORT, known_at, reports_of
from services.ingest.synthetic.grid import around_the_clock
from services.ingest.synthetic.market import MarketPlan, SyntheticMarket
from shared.block import join
from shared.facts import MARKET, Field, tells_context
from shared.market import SECTORS
from shared.time import DAY_NS, SECOND_NS
from tests.fixtures.markets import same_rows

START_NS = 1_767_614_400 * SECOND_NS
PLAN = MarketPlan(symbols=22, seed=4)


def test_facts_do_not_depend_on_the_stretches_in_which_a_market_is_made() -> None:
    grid = around_the_clock(START_NS, PLAN.interval_ns, 60)
    one, other = SyntheticMarket(PLAN), SyntheticMarket(PLAN)
    _, whole = one.bars_and_facts(grid)
    parts = [other.bars_and_facts(grid.rows(at, at + 7))[1] for at in range(0, 60, 7)]
    assert same_rows(join(parts), whole)
    assert (one.levels == other.levels).all() and (one.copy().levels == one.levels).all()


def test_a_beta_is_the_one_that_the_instrument_was_made_with() -> None:
    market = SyntheticMarket(PLAN)
    begin = START_NS - 600 * DAY_NS
    bars, facts = market.bars_and_facts(around_the_clock(begin, DAY_NS, 600))
    spec = FeatureSpec(features=("market_beta_500.beta",), interval_ns=DAY_NS)
    processor = FeatureProcessor(spec, 0)
    processor.handle(facts)
    found = processor.learn(bars)["values"][-PLAN.symbols :, 0]
    error = found - market.state["beta"]
    assert np.abs(error).mean() < 0.15 and abs(error.mean()) < 0.1


def test_the_vix_is_told_in_per_cent_a_year() -> None:
    _, facts = SyntheticMarket(PLAN).bars_and_facts(around_the_clock(START_NS, DAY_NS, 500))
    vix = facts["value"][facts["field"] == Field.VIX]
    assert len(vix) == 500 and 10.0 < np.median(vix) < 30.0 and vix.max() < 120.0


def test_everybody_has_a_sector_and_numbers_before_the_first_tick() -> None:
    market = SyntheticMarket(PLAN)
    facts = known_at(PLAN.seed, market.instruments, START_NS)
    sectors = facts["value"][facts["field"] == Field.SECTOR]
    assert sectors.tolist() == [float(i % len(SECTORS)) for i in range(PLAN.symbols)]
    assert (facts["event_time_ns"] == START_NS).all()
    assert facts["instrument"].min() == MARKET
    _, told = market.bars_and_facts(around_the_clock(START_NS, PLAN.interval_ns, 1))
    assert tells_context(join([facts, told]).sorted())


def test_every_company_reports_once_in_a_quarter_and_says_what_was_known_before() -> None:
    market = SyntheticMarket(PLAN)
    first_ns = START_NS // DAY_NS * DAY_NS
    reports = reports_of(PLAN.seed, market.instruments, first_ns, first_ns + DAYS_A_REPORT * DAY_NS - 1)
    ratios = reports["instrument"][reports["field"] == Field.PE_RATIO]
    assert sorted(ratios.tolist()) == [row.instrument for row in market.instruments]
    last = first_ns + DAYS_A_REPORT * DAY_NS - 1
    known = known_at(PLAN.seed, market.instruments, last)
    known = known.take(np.flatnonzero(known["instrument"] != MARKET))
    by_company = reports.take(np.lexsort((reports["field"], reports["instrument"])))
    assert known["value"].tolist() == by_company["value"].tolist()
