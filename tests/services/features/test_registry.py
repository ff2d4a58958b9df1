"""A feature is asked for by name, parameters and output; what makes no sense is refused by name."""

from __future__ import annotations

import pytest

from services.features.catalogue import FEATURES, choice
from shared.failures import Refused


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("macd", "macd_12_26_9.line"),
        ("macd(5, 35, 5).signal", "macd_5_35_5.signal"),
        ("macd_5_35.histogram", "macd_5_35_9.histogram"),
        ("alma(9,0.85,6)", "alma_9_0.85_6"),
        ("t3(5,0.7)", "t3_5_0.7"),
        ("t3", "t3_5_0.7"),
        ("session", "session.first"),
        ("bollinger_20_2", "bollinger_20_2.position"),
    ],
)
def test_every_way_to_ask_ends_in_one_spelling(text: str, name: str) -> None:
    assert choice(text).name == name
    assert choice(name).name == name


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_spelling_can_be_read_by_every_format(feature: object) -> None:
    name = choice(getattr(feature, "name", "")).name
    assert not set(name) & set(' ,:[]{}"')
    assert choice(name).name == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rsi_14_3", "takes bars"),
        ("close_14", "takes no parameters"),
        ("rsi_1", "whole number from 2"),
        ("rsi_14.5", "whole number"),
        ("macd.middle", "gives line, signal"),
        ("psar_5", "from 0.0001 to 1"),
        ("rsi(fourteen)", "known"),
        ("", "known"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        choice(text)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_the_usual_parameters_lie_in_their_own_range_and_every_output_is_described(feature: object) -> None:
    found = choice(getattr(feature, "name", "")).feature
    for parameter in found.parameters:
        assert parameter.low <= parameter.default <= parameter.high
    values = choice(found.name).values
    assert all(found.warm_up(values, output) >= 1 for output in found.outputs)
    assert found.formula and found.unit
