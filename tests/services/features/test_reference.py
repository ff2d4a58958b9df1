"""Every published series on real bars, to nine digits; where a definition differs, exactly how."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
import pytest

from shared.block import Block
from tests.fixtures.house import ROOT
from tests.fixtures.reference_series import (
    TICKS,
    Series,
    published,
    published_names,
    spy_bars,
    talib_table,
    values_of,
    xom_bars,
)

pytestmark = pytest.mark.realdata
CLOSE_ENOUGH: Final = 1e-9
TABLES: Final = {"SPY_stockindicators_default": spy_bars, "XOM_sp500_dev": xom_bars}


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a published series and a feature go together."""

    feature: str
    price: bool = False
    scale: float = 1.0
    shift: float = 0.0
    after: int = 0
    by: str = "values"
    note: str = ""


def agreements() -> dict[str, dict[str, Agreement]]:
    text = (ROOT / "docs" / "features.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, dict[str, Agreement]])


AGREEMENTS: Final = agreements()


def from_both(ours: Series, theirs: Series, after: int = 0) -> None:
    both = ~np.isnan(ours) & ~np.isnan(theirs) & (np.arange(len(ours)) >= after)
    assert both.sum() > 5
    np.testing.assert_allclose(ours[both], theirs[both], rtol=CLOSE_ENOUGH, atol=CLOSE_ENOUGH)


def values(bars: Block, said: Agreement, theirs: Series) -> None:
    ours = values_of(bars, [said.feature])[said.feature]
    from_both(ours / (TICKS if said.price else 1) * said.scale + said.shift, theirs, said.after)


def changes(bars: Block, said: Agreement, theirs: Series) -> None:
    from_both(np.diff(values_of(bars, [said.feature])[said.feature]), np.diff(theirs))


def rated(bars: Block, said: Agreement, theirs: Series) -> None:
    strength = values_of(bars, [said.feature])[said.feature]
    from_both(np.r_[np.full(13, np.nan), 0.5 * (strength[13:] + strength[:-13])], theirs, said.after)


def ties(bars: Block, said: Agreement, theirs: Series) -> None:
    """Equal wherever the window's extremes are held by one bar each."""
    ours, window = values_of(bars, [said.feature])[said.feature], 26
    high = np.lib.stride_tricks.sliding_window_view(bars["high"], window)
    low = np.lib.stride_tricks.sliding_window_view(bars["low"], window)
    alone = ((high == high.max(axis=1)[:, None]).sum(axis=1) == 1) & (
        (low == low.min(axis=1)[:, None]).sum(axis=1) == 1
    )
    assert alone.mean() > 0.8
    from_both(ours[window - 1 :][alone], theirs[window - 1 :][alone])


def intercept(bars: Block, said: Agreement, theirs: Series) -> None:
    found = values_of(bars, [said.feature, "linreg_14.slope"])
    number = np.arange(1, len(bars) + 1)
    from_both((found[said.feature] - found["linreg_14.slope"] * number) / TICKS, theirs)


def line(bars: Block, said: Agreement, theirs: Series) -> None:
    found = values_of(bars, [said.feature, "linreg_14.slope"])
    back = np.arange(len(bars) - 1, -1, -1)
    from_both((found[said.feature][-1] - found["linreg_14.slope"][-1] * back) / TICKS, theirs)


COMPARISONS: Final[dict[str, Callable[[Block, Agreement, Series], None]]] = {
    check.__name__: check for check in (values, changes, rated, ties, intercept, line)
}


@pytest.mark.parametrize("name", AGREEMENTS["stock_indicators"])
def test_a_published_series_of_stock_indicators_is_ours(name: str) -> None:
    said = AGREEMENTS["stock_indicators"][name]
    file, series = name.split(".")
    theirs = published(file, series)
    COMPARISONS[said.by](spy_bars(), said, theirs)


def test_ours_are_warm_at_the_same_bar_as_theirs() -> None:
    plain = {n: s for n, s in AGREEMENTS["stock_indicators"].items() if s.by == "values"}
    ours = values_of(spy_bars(), [said.feature for said in plain.values()])
    late = [
        name
        for name, said in plain.items()
        if not np.array_equal(np.isnan(ours[said.feature]), np.isnan(published(*name.split("."))))
    ]
    assert late == []


def test_every_series_of_stock_indicators_is_compared() -> None:
    assert set(AGREEMENTS["stock_indicators"]) == published_names()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", AGREEMENTS["talib"])
def test_a_column_of_talib_is_ours(name: str, table: str) -> None:
    said = AGREEMENTS["talib"][name]
    COMPARISONS[said.by](TABLES[table](), said, talib_table(table)[name])


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_talib_is_compared(table: str) -> None:
    assert set(AGREEMENTS["talib"]) == set(talib_table(table))


def test_no_bar_of_the_tables_is_missing() -> None:
    assert [len(make()) for make in TABLES.values()] == [502, 1259]


def test_a_note_says_how_each_definition_differs() -> None:
    odd = [s for table in AGREEMENTS.values() for s in table.values() if s.after or s.by != "values"]
    assert odd and all(said.note for said in odd)
