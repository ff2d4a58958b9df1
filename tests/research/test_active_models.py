"""`active` means every model that has earned its place for a bar, and says so when there is none."""

from __future__ import annotations

import pytest

from research.active_models import active_models
from shared.failures import Refused
from shared.models.stages import ModelStage
from tests.fixtures.registry import MINUTE_NS, model_row

ACTIVE = {"stage": ModelStage.ACTIVE}


def test_all_active_ones_come_by_sector_and_horizon() -> None:
    utilities = model_row(1, name="u", sector="Utilities", **ACTIVE)
    later = model_row(2, name="e5", sector="Energy", horizon_ns=5 * MINUTE_NS, **ACTIVE)
    sooner = model_row(3, name="e1", sector="Energy", **ACTIVE)
    shadow = model_row(4, name="x", stage=ModelStage.SHADOW)
    hourly = model_row(5, name="h", interval_ns=60 * MINUTE_NS, **ACTIVE)
    assert active_models([utilities, later, sooner, shadow, hourly], MINUTE_NS) == [sooner, later, utilities]


def test_a_starter_is_meant_only_while_nobody_has_earned_his_place() -> None:
    starter, earned = model_row(1, name="starter", spec=9, **ACTIVE), model_row(2, sector="Energy", **ACTIVE)
    assert active_models([starter], MINUTE_NS) == [starter]
    assert active_models([starter, earned], MINUTE_NS) == [earned]


def test_none_is_one_clear_line() -> None:
    with pytest.raises(Refused, match=r"no model is active for bars of 60 s; `tapeline train … --register`"):
        active_models([model_row(1)], MINUTE_NS)
    with pytest.raises(Refused, match=r"bars of 60 s \(there are some for 5 s\)"):
        active_models([model_row(1, interval_ns=MINUTE_NS // 12, **ACTIVE)], MINUTE_NS)


def test_models_of_different_vectors_cannot_serve_one_run() -> None:
    rows = [model_row(1, name="a", **ACTIVE), model_row(2, name="b", sector="Energy", spec=8, **ACTIVE)]
    with pytest.raises(Refused, match="a v0 and b v0 are active and want different vectors"):
        active_models(rows, MINUTE_NS)
