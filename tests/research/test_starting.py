from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from research.starting import history_folder, make_starter, model_folder, open_run, plan_of
from services.risk.config import RiskConfig
from services.venue.config import VenueConfig
from shared.failures import Refused
from shared.settings import Account, Inference, Market, Settings
from shared.store.memory import MemoryStore


def test_another_market_has_another_past(tmp_path: Path) -> None:
    one, two = Settings(), Settings(market=Market(seed=8))
    assert history_folder(one, tmp_path) != history_folder(two, tmp_path)
    assert model_folder(one, tmp_path) != model_folder(two, tmp_path)


def test_a_faster_clock_is_the_same_market(tmp_path: Path) -> None:
    assert history_folder(Settings(), tmp_path) == history_folder(
        Settings(market=Market(speed=9.0)), tmp_path
    )


def test_a_model_may_be_given_by_its_folder(tmp_path: Path) -> None:
    settings = Settings(inference=Inference(model=str(tmp_path)))
    assert model_folder(settings, Path("elsewhere")) == tmp_path


def test_default_settings_are_the_services_own_defaults(tmp_path: Path) -> None:
    plan = plan_of(Settings(), tmp_path)
    assert msgspec.convert(plan.risk["0"], RiskConfig) == RiskConfig()
    assert msgspec.convert(plan.venue, VenueConfig) == VenueConfig()


def test_a_model_wants_a_past(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="tapeline ingest history"):
        make_starter(Settings(), tmp_path)


def test_a_run_is_opened_once_and_never_changes_its_mind(tmp_path: Path) -> None:
    store = MemoryStore()
    open_run(Settings(), tmp_path, store)
    open_run(Settings(), tmp_path, store)
    assert len(store.instruments("desk")) == 50
    other = Settings(accounts={"main": Account(max_gross=1.0)})
    with pytest.raises(Refused, match="never changes them"):
        open_run(other, tmp_path, store)
