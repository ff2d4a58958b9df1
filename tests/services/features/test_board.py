"""Facts beside bars: in force before the first close after them, never earlier, whatever the cuts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.features.catalogue import CONTEXT
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from shared.block import Block
from shared.facts import MARKET, FactRows, Field, sector_subject
from shared.failures import BadInput
from shared.streams import FACTS
from tests.fixtures.fact_tapes import random_facts
from tests.fixtures.feature_tapes import (
    SECOND_NS,
    content,
    cut,
    end_of,
    random_bars,
    random_tape,
    run,
    ticks,
    trade,
)

NAMES = (
    *CONTEXT,
    "sector.return_1",
    "sentiment_5.tone",
    "sentiment_5.count",
    "pe_ratio",
    "pe_ratio.age",
    "treasury_yield",
    "sector_beta_10.residual",
)
SPEC = FeatureSpec(features=NAMES, interval_ns=SECOND_NS)
T0 = 1_700_000_000 * SECOND_NS
rows_at = st.lists(st.integers(0, 600), max_size=40)


def facts_of(tape: Block, seed: int) -> Block:
    """Facts at random times of a tape of ticks, some at the times of ticks, some exactly at closes."""
    draw = np.random.default_rng(seed)
    rows = FactRows()
    first, last = int(tape["event_time_ns"][0]), int(tape["event_time_ns"][-1])
    told = np.concatenate([draw.choice(tape["event_time_ns"], 60), np.arange(first, last, SECOND_NS)])
    for time_ns in told.tolist():
        rows.add(time_ns, MARKET, Field.PRICE, float(draw.uniform(90.0, 110.0)))
        rows.add(time_ns, MARKET, Field.VIX, float(draw.uniform(10.0, 30.0)))
        rows.add(time_ns, sector_subject(3), Field.PRICE, float(draw.uniform(90.0, 110.0)))
        company = int(draw.integers(1, 7)) * 17
        rows.add(time_ns, company, Field.SECTOR, 3.0)
        rows.add(time_ns, company, Field.PE_RATIO, float(draw.uniform(5.0, 50.0)))
        rows.add(time_ns, company, Field.SENTIMENT, float(draw.uniform(-1.0, 1.0)))
    return rows.block()


def together(blocks: Sequence[Block], facts: Block) -> list[Block]:
    """Each block of ticks behind the facts up to its promise, as ingest cuts them."""
    found: list[Block] = []
    start = 0
    for block in blocks:
        stop = int(np.searchsorted(facts["event_time_ns"], block.watermark_ns, side="right"))
        found += [facts.rows(start, stop).until(block.watermark_ns), block]
        start = stop
    return found


def whole(tape: Block, facts: Block) -> dict[str, Block]:
    return run(FeatureProcessor(SPEC, 0), together([tape, end_of(tape)], facts))


@given(seed=st.integers(0, 1_000), places=rows_at)
@settings(max_examples=40, deadline=None)
def test_rows_do_not_depend_on_how_ticks_and_facts_are_cut(seed: int, places: list[int]) -> None:
    tape = random_tape(600, 5, seed)
    facts = facts_of(tape, seed)
    pieces = together([*cut(tape, places), end_of(tape)], facts)
    assert content(run(FeatureProcessor(SPEC, 0), pieces)) == content(whole(tape, facts))


@given(seed=st.integers(0, 1_000), places=rows_at, stop=st.integers(0, 80))
@settings(max_examples=40, deadline=None)
def test_a_restored_twin_goes_on_bit_for_bit(seed: int, places: list[int], stop: int) -> None:
    tape = random_tape(600, 5, seed)
    pieces = together([*cut(tape, places), end_of(tape)], facts_of(tape, seed))
    stop = min(stop, len(pieces) - 1)
    first, twin = FeatureProcessor(SPEC, 0), FeatureProcessor(SPEC, 0)
    run(first, pieces[:stop])
    twin.restore(first.snapshot())
    assert content(run(twin, pieces[stop:])) == content(run(first, pieces[stop:]))


@given(seed=st.integers(0, 1_000), known=st.integers(0, 600))
@settings(max_examples=40, deadline=None)
def test_no_vector_changes_when_what_is_told_later_changes(seed: int, known: int) -> None:
    tape = random_tape(600, 5, seed)
    facts = facts_of(tape, seed)
    close_ns = int(tape["event_time_ns"][min(known, 599)]) // SECOND_NS * SECOND_NS
    told = int(np.searchsorted(facts["event_time_ns"], close_ns))
    others = facts_of(tape, seed + 1)
    others = others.rows(int(np.searchsorted(others["event_time_ns"], close_ns)), len(others))
    columns = {name: np.concatenate([facts[name][:told], others[name]]) for name in FACTS.names}
    changed = whole(tape, FACTS.block(columns, watermark_ns=0))["features"]
    honest = whole(tape, facts)["features"]
    rows = int(np.searchsorted(honest["event_time_ns"], close_ns, side="right"))
    assert changed["values"][:rows].tobytes() == honest["values"][:rows].tobytes()


def two_bars(*facts: tuple[int, Field, float]) -> list[float]:
    """A feature's values at the closes one and two seconds after the start, with these facts."""
    rows = FactRows()
    for time_ns, field, value in facts:
        rows.add(T0 + time_ns, 1, field, value)
    tape = ticks([trade(T0, 100), trade(T0 + SECOND_NS, 101)], T0 + SECOND_NS)
    processor = FeatureProcessor(FeatureSpec(features=("pe_ratio",), interval_ns=SECOND_NS), 0)
    made = run(processor, together([tape, end_of(tape).until(T0 + 2 * SECOND_NS)], rows.block()))
    values: list[float] = made["features"]["values"][:, 0].tolist()
    return values


def test_a_fact_of_a_close_is_not_known_at_that_close() -> None:
    first, second = two_bars((SECOND_NS, Field.PE_RATIO, 20.0))
    assert np.isnan(first) and second == 20.0


def test_a_fact_of_the_last_moment_before_a_close_is_known_there() -> None:
    assert two_bars((SECOND_NS - 1, Field.PE_RATIO, 20.0)) == [20.0, 20.0]


def test_a_fact_is_known_of_a_company_that_has_not_traded_yet() -> None:
    assert two_bars((-9 * SECOND_NS, Field.PE_RATIO, 20.0), (-SECOND_NS, Field.PE_RATIO, 21.0))[0] == 21.0


def test_a_late_fact_is_refused_and_changes_nothing() -> None:
    rows = FactRows()
    rows.add(T0, 1, Field.PE_RATIO, 20.0)
    processor = FeatureProcessor(SPEC, 0)
    run(processor, [ticks([trade(T0, 100)], T0)])
    before = processor.snapshot()
    with pytest.raises(BadInput, match="at or before the promised watermark"):
        processor.handle(rows.block())
    assert processor.snapshot() == before


def test_facts_that_go_back_in_time_or_have_no_value_are_refused() -> None:
    columns = {"instrument": [1, 1], "field": [Field.PE_RATIO] * 2, "value": [1.0, 2.0]}
    back = FACTS.block({"event_time_ns": [2, 1], **columns}, watermark_ns=0)
    with pytest.raises(BadInput, match="back in time"):
        FeatureProcessor(SPEC, 0).handle(back)
    empty = FACTS.block({"event_time_ns": [1, 2], **columns, "value": [1.0, np.inf]}, watermark_ns=0)
    with pytest.raises(BadInput, match="no usable value"):
        FeatureProcessor(SPEC, 0).handle(empty)


def test_a_vector_of_bars_alone_keeps_no_facts() -> None:
    bars = random_bars(30, 2, 3)
    plain, told = FeatureProcessor(FeatureSpec(), 0), FeatureProcessor(FeatureSpec(), 0)
    told.handle(random_facts(bars, 4))
    assert told.snapshot() == plain.snapshot()


def test_many_companies_that_never_trade_find_room() -> None:
    rows = FactRows()
    for company in range(1, 301):
        rows.add(T0 - SECOND_NS, company, Field.PE_RATIO, float(company))
    tape = ticks([trade(T0, 100, instrument=300)], T0 + SECOND_NS)
    processor = FeatureProcessor(FeatureSpec(features=("pe_ratio",), interval_ns=SECOND_NS), 0)
    made = run(processor, together([tape], rows.block()))
    assert made["features"]["values"].tolist() == [[300.0]]


BARS = random_bars(150, 2, 8)
TOLD = random_facts(BARS, 9)


def formulas(instrument: int) -> dict[str, pd.Series]:
    """The same in plain pandas; facts of the tape are told a second before each close."""
    facts = TOLD.to_pandas()
    bars = BARS.to_pandas()
    bars = bars[bars["instrument"] == instrument].reset_index(drop=True)

    def series(subject: int, field: Field) -> pd.Series:
        return facts[(facts.instrument == subject) & (facts.field == field)].value.reset_index(drop=True)

    market, vix = series(MARKET, Field.PRICE), series(MARKET, Field.VIX)
    sector = series(sector_subject(instrument - 1), Field.PRICE)
    own = pd.Series(np.log(bars["close"]).diff())
    theirs, sectors = pd.Series(np.log(market).diff()), pd.Series(np.log(sector).diff())
    news = facts[(facts.instrument == instrument) & (facts.field == Field.SENTIMENT)]
    place = np.searchsorted(bars["event_time_ns"], news.event_time_ns)
    count = pd.Series(np.bincount(place, minlength=len(bars)).astype(float))
    tone = pd.Series(np.bincount(place, news.value, minlength=len(bars)))
    weights = 0.9 ** np.arange(len(bars))
    faded = [np.array([(weights[: k + 1] * x[k::-1]).sum() for k in range(len(bars))]) for x in (tone, count)]
    return {
        "market.return_5": pd.Series(np.log(market / market.shift(5))),
        "vix.close": vix,
        "sector.return_1": sectors,
        "relative_return_20.market": (own - theirs).rolling(20).sum(),
        "relative_return_20.sector": (own - sectors).rolling(20).sum(),
        "market_beta_60.beta": own.rolling(60).cov(theirs) / theirs.rolling(60).var(),
        "market_beta_60.correlation": own.rolling(60).corr(theirs),
        "market_beta_60.residual": own.rolling(60).std(ddof=0)
        * np.sqrt(1.0 - own.rolling(60).corr(theirs) ** 2),
        "sector_beta_60.beta": own.rolling(60).cov(sectors) / sectors.rolling(60).var(),
        "sentiment_19.tone": pd.Series(faded[0] / (1.0 + faded[1])),
        "sentiment_19.count": count.rolling(19, min_periods=1).sum(),
    }


@pytest.mark.parametrize("name", formulas(1))
def test_a_feature_is_its_formula(name: str) -> None:
    processor = FeatureProcessor(FeatureSpec(features=(name,)), 0)
    processor.handle(TOLD)
    values = processor.learn(BARS)["values"][:, 0]
    for instrument in (1, 2):
        found = values[BARS["instrument"] == instrument]
        expected = formulas(instrument)[name].to_numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9, equal_nan=True)


def test_numbers_of_a_company_are_those_told_last_and_their_ratios_follow() -> None:
    names = (
        "pe_ratio", "pe_ratio.age", "earnings_yield", "earnings_yield.over_treasury", "price_to_growth",
        "earnings_quality", "free_cash_yield", "financial_health", "treasury_yield",
    )  # fmt: skip
    processor = FeatureProcessor(FeatureSpec(features=names), 0)
    processor.handle(TOLD)
    values = processor.learn(BARS)["values"][BARS["instrument"] == 1]
    facts = TOLD.to_pandas()
    for row, reported in ((0, 0), (39, 0), (40, 1), (149, 3)):

        def told(field: Field, subject: int = 1, at: int = reported) -> float:
            return float(facts[(facts.instrument == subject) & (facts.field == field)].value.iloc[at])

        pe, cash, booked = told(Field.PE_RATIO), told(Field.OPERATING_CASH_FLOW), told(Field.NET_INCOME)
        rate, debt = told(Field.TREASURY_YIELD, MARKET), told(Field.DEBT_TO_EQUITY)
        current, earned = told(Field.CURRENT_RATIO), told(Field.RETURN_ON_ASSETS)
        expected = [
            pe,
            (1.0 + 5.0 * (row - 40 * reported)) / 86_400.0,
            1.0 / pe,
            1.0 / pe - rate,
            pe / (100.0 * told(Field.EARNINGS_GROWTH)),
            (cash - booked) / told(Field.REVENUE),
            told(Field.FREE_CASH_FLOW) / told(Field.MARKET_CAP),
            (current / (1.0 + current) + 1.0 / (1.0 + debt) + 0.5 + 0.5 * np.tanh(5.0 * earned)) / 3.0,
            rate,
        ]
        np.testing.assert_allclose(values[row], expected, rtol=1e-9, atol=1e-9)


def test_a_company_that_changes_its_sector_is_measured_anew() -> None:
    rows = FactRows()
    closes = BARS["event_time_ns"][::2]
    for close in closes.tolist():
        for place, sector in enumerate((0, 1)):
            rows.add(close - 1, sector_subject(sector), Field.PRICE, 100.0 if place else 5_000.0)
    rows.add(int(closes[0]) - 2, 1, Field.SECTOR, 0.0)
    rows.add(int(closes[60]) - 2, 1, Field.SECTOR, 1.0)
    processor = FeatureProcessor(FeatureSpec(features=("relative_return_5.sector",)), 0)
    processor.handle(rows.block())
    values = processor.learn(BARS)["values"][BARS["instrument"] == 1][:, 0]
    assert np.isnan(values[60:65]).all()
    assert np.abs(values[5:60]).max() < 0.1 and np.abs(values[66:]).max() < 0.1
