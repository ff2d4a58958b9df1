"""Laws that every feature keeps, whatever it computes."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.features.catalogue import FEATURES, choice
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.features.registry import NEXT_SESSION
from shared.block import Block
from tests.fixtures.fact_tapes import random_facts
from tests.fixtures.feature_tapes import SECOND_NS, content, random_bars

SESSION_NS = 60 * 5 * SECOND_NS
SHORTER = {
    "skip_momentum": "skip_momentum_40_10",
    "kama": "kama_10_2_5",
    "smma": "smma_10",
    "tema": "tema_10",
    "macd": "macd_6_13_5",
    "trix": "trix_8",
    "tsi": "tsi_8_5_3",
    "stc": "stc_10_6_12",
    "connors_rsi": "connors_rsi_3_2_50",
    "pvo": "pvo_6_13",
    "chandelier": "chandelier_10",
    "ewma_volatility": "ewma_volatility_0.9",
    "hurst": "hurst_60_5",
}
"""Parameters with which a feature forgets within the tapes of these tests."""
OF_SERIES = (
    "market.return_5",
    "market.trend_state_20_50",
    "market.annual_volatility_20_252",
    "market.momentum_score_20",
    "sector.rsi_14",
    "vix.close",
    "vix.return_5",
)
EVERY = (
    *(
        choice(text)._replace(output=output).name
        for feature in FEATURES
        for text in [SHORTER.get(feature.name, feature.name)]
        for output in feature.outputs
    ),
    *OF_SERIES,
)
SPEC = FeatureSpec(features=EVERY, session_ns=SESSION_NS)
LONG = 900
TAPE = random_bars(LONG, 2, 5)
FACTS = random_facts(TAPE, 6)


def knowing(spec: FeatureSpec = SPEC) -> FeatureProcessor:
    """A processor that has been told everything, later facts too."""
    processor = FeatureProcessor(spec, 0)
    processor.handle(FACTS)
    return processor


def vectors(bars: Block) -> Block:
    return knowing().learn(bars)


@cache
def whole() -> npt.NDArray[np.float64]:
    """Every value of the whole tape."""
    values: npt.NDArray[np.float64] = vectors(TAPE)["values"]
    return values


def test_a_feature_has_its_first_value_at_the_bar_it_promises() -> None:
    mine = whole()[TAPE["instrument"] == 1]
    first = np.argmin(np.isnan(mine), axis=0) + 1
    promised = [choice(name).feature.warm_up(choice(name).values, choice(name).output) for name in EVERY]
    late = {n: (f, p) for n, f, p in zip(EVERY, first, promised, strict=True) if f != p}
    assert {name.split(".")[0] for name in late} == {"pivot"}
    assert not np.isnan(mine[-1]).any()


@settings(max_examples=20)
@given(rows=st.integers(1, 2 * LONG))
def test_what_comes_later_changes_nothing(rows: int) -> None:
    assert vectors(TAPE.rows(0, rows))["values"].tobytes() == whole()[:rows].tobytes()


@settings(max_examples=20)
@given(places=st.lists(st.integers(0, 2 * LONG), max_size=30))
def test_however_history_is_cut_the_values_are_the_same(places: list[int]) -> None:
    processor = knowing()
    edges = [0, *sorted(places), len(TAPE)]
    made = [processor.learn(TAPE.rows(a, b))["values"] for a, b in pairwise(edges)]
    assert np.concatenate(made).tobytes() == whole().tobytes()


def test_bar_by_bar_is_the_same_as_all_at_once() -> None:
    processor = knowing()
    made = [processor.learn(TAPE.rows(i, i + 1))["values"] for i in range(len(TAPE))]
    assert np.concatenate(made).tobytes() == whole().tobytes()


@settings(max_examples=20)
@given(place=st.integers(1, 2 * LONG - 1))
def test_a_restored_twin_gives_the_same_values(place: int) -> None:
    first = knowing()
    first.learn(TAPE.rows(0, place))
    twin = FeatureProcessor(SPEC, 0)
    twin.restore(first.snapshot())
    rest = TAPE.rows(place, len(TAPE))
    assert content({"features": twin.learn(rest)})[("features", "values")] == whole()[place:].tobytes()
    first.learn(rest)
    assert twin.snapshot() == first.snapshot()


@pytest.mark.parametrize("start", [1, 137, 250])
def test_where_history_starts_is_forgotten_after_the_promised_bars(start: int) -> None:
    cut = vectors(TAPE.rows(2 * start, len(TAPE)))["values"]
    mine, uncut = cut[::2], whole()[2 * start :: 2]
    session = int(np.argmax((TAPE["event_time_ns"][2 * start :: 2] - 1) % SESSION_NS < 5 * SECOND_NS))
    compared = 0
    for k, name in enumerate(EVERY):
        found = choice(name)
        settled = found.feature.settled(found.values, found.output)
        if settled is None:
            continue
        from_bar = 2 * 60 + session if settled == NEXT_SESSION else settled
        assert from_bar < len(mine) - 20, f"{name} settles after {from_bar} bars, too late for this tape"
        scale = np.nanmax(np.abs(uncut[:, k]))
        np.testing.assert_allclose(
            mine[from_bar:, k], uncut[from_bar:, k], rtol=1e-9, atol=1e-9 * scale, err_msg=name
        )
        compared += 1
    assert compared > 150


def test_instruments_do_not_see_one_another() -> None:
    for instrument in (1, 2):
        mine = TAPE["instrument"] == instrument
        alone = vectors(TAPE.take(np.flatnonzero(mine)))["values"]
        assert alone.tobytes() == whole()[mine].tobytes()


PLAIN = """
import sys
import numpy as np
import tests.services.features.test_indicators as laws
few = laws.TAPE.rows(0, 400)
np.save(sys.argv[1], laws.vectors(few)["values"])
"""


def test_without_the_compiler_every_feature_has_the_same_values(tmp_path: Path) -> None:
    file = tmp_path / "values.npy"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, str(file)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(file), whole()[:400], rtol=1e-12, atol=1e-12, equal_nan=True)
