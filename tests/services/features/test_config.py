"""Whatever changes a vector changes the hash that travels with it."""

from __future__ import annotations

import pytest

from services.features.catalogue import FEATURES_IN_ORDER
from services.features.config import FeatureSpec
from shared.failures import Refused


def test_another_grid_or_another_order_is_another_spec() -> None:
    whole = FeatureSpec()
    turned = FeatureSpec(features=FEATURES_IN_ORDER[::-1])
    hashes = {whole.hash, turned.hash, FeatureSpec(interval_ns=1).hash, FeatureSpec(origin_ns=1).hash}
    assert len(hashes) == 4
    assert FeatureSpec().hash == whole.hash


def test_a_choice_knows_its_places_in_the_full_vector() -> None:
    chosen = FEATURES_IN_ORDER[2], FEATURES_IN_ORDER[0]
    assert FeatureSpec(features=chosen).places.tolist() == [2, 0]


@pytest.mark.parametrize("features", [(), ("nonsense",), FEATURES_IN_ORDER[:1] * 2])
def test_features_are_known_and_named_once(features: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match="known and named once"):
        FeatureSpec(features=features)


def test_a_bar_takes_time() -> None:
    with pytest.raises(Refused, match="must be positive"):
        FeatureSpec(interval_ns=0)
