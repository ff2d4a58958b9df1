"""Whatever changes a vector changes the hash that travels with it."""

from __future__ import annotations

import pytest

from services.features.catalogue import STARTER
from services.features.config import FeatureSpec
from shared.failures import Refused


def test_another_grid_another_order_or_another_parameter_is_another_spec() -> None:
    whole = FeatureSpec()
    turned = FeatureSpec(features=STARTER[::-1])
    longer = FeatureSpec(features=(*STARTER[:-1], "efficiency_11"))
    grids = FeatureSpec(interval_ns=1), FeatureSpec(origin_ns=1), FeatureSpec(session_ns=1)
    assert len({spec.hash for spec in (whole, turned, longer, *grids)}) == 6
    assert FeatureSpec().hash == whole.hash


def test_one_feature_has_one_spelling_and_one_hash() -> None:
    ways = ("rsi", "rsi_14", "rsi(14)", " rsi( 14 ) ".replace(" ", ""))
    assert {FeatureSpec(features=(way,)).features for way in ways} == {("rsi_14",)}
    assert len({FeatureSpec(features=(way,)).hash for way in ways}) == 1


@pytest.mark.parametrize("features", [(), ("nonsense",), ("rsi", "rsi_14"), ("macd.line", "macd_12_26_9")])
def test_features_are_known_and_named_once(features: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match="known and named once"):
        FeatureSpec(features=features)


def test_a_bar_takes_time() -> None:
    with pytest.raises(Refused, match="must be positive"):
        FeatureSpec(interval_ns=0)
