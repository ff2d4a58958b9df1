"""A run keeps the model that it began with, and a starter enters by the desk's own recorded policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from research.desk_model import enter, first_model
from research.registering import row_of
from services.features.config import FeatureSpec
from shared.engine.plan import RunPlan
from shared.failures import Refused
from shared.market import SECTORS
from shared.models import registry
from shared.models.registry import By
from shared.models.stages import ModelStage
from shared.models.together import folders_of
from shared.models.vault import take
from shared.settings import Features, Inference, Settings
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore
from shared.time import SECOND_NS
from tests.fixtures import models
from tests.fixtures.models import Whole
from tests.fixtures.plans import PLAN
from tests.fixtures.registry import crown
from tests.fixtures.sealed_models import trust_of
from tests.fixtures.signed import kept_model, lay

BY = By("desk", 5)
BAR_NS = 5 * SECOND_NS
TODAY = FeatureSpec(interval_ns=BAR_NS).hash


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def listed(store: MemoryStore, folder: Path, data: Path) -> None:
    """Registers a kept model without asking a child."""
    registry.register(store, row_of(take(data, folder.name, trust_of(data)), store, 1), BY)


def starter(data: Path, **terms: Any) -> Path:
    """A training folder with a model that calls itself starter."""
    whole = models.single("linear")
    manifest = msgspec.structs.replace(
        whole.manifest, name="starter", interval_ns=BAR_NS, spec=TODAY, **terms
    )
    return lay(Whole(manifest, whole.artefacts), data / "models" / "starter" / "m")


def begun(store: MemoryStore, folder: Path) -> RunPlan:
    plan = msgspec.structs.replace(PLAN, mode="live", interval_ns=BAR_NS, model=str(folder))
    store.open_run(RunRow(run="desk", mode="live", settings=plan.text()))
    return plan


def test_a_new_run_begins_with_the_starter_under_its_address(store: MemoryStore, tmp_path: Path) -> None:
    trained = starter(tmp_path)
    folder = first_model(Settings(), tmp_path, store, trained)
    assert len(folder.name) == 64 and folder.is_dir()
    row = enter(begun(store, folder), Settings(), tmp_path, store, BY)
    assert row is not None and (row.stage, row.verdict) == (ModelStage.ACTIVE, "not judged")
    moved = store.model_events(row.address)[-1]
    assert moved.actor == "desk" and "claims no edge" in moved.why and '"authority":"policy"' in moved.detail
    assert enter(begun(store, folder), Settings(), tmp_path, store, BY) == row
    assert len(store.model_events(row.address)) == 2


def test_a_run_goes_on_with_what_it_began_with(store: MemoryStore, tmp_path: Path) -> None:
    old = first_model(Settings(), tmp_path, store, starter(tmp_path))
    begun(store, old)
    trained = starter(tmp_path, seed=9)
    assert first_model(Settings(), tmp_path, store, trained) == old
    assert first_model(Settings(run="another"), tmp_path, store, trained) != old


def test_a_run_whose_model_wants_other_vectors_gets_todays_starter(
    store: MemoryStore, tmp_path: Path
) -> None:
    old = kept_model(tmp_path, name="starter", spec=TODAY + 1)
    begun(store, old)
    assert first_model(Settings(), tmp_path, store, starter(tmp_path)) != old


def test_the_active_model_of_these_bars_is_meant_by_active(store: MemoryStore, tmp_path: Path) -> None:
    settings = Settings(inference=Inference(model="active"), features=Features(bar_s=5.0))
    one = kept_model(tmp_path, interval_ns=BAR_NS)
    listed(store, one, tmp_path)
    with pytest.raises(Refused, match="no model is active for bars of 5 s"):
        first_model(settings, tmp_path, store, tmp_path)
    crown(store, one.name)
    assert first_model(settings, tmp_path, store, tmp_path) == one


def test_all_active_models_are_one_set_that_a_run_keeps(store: MemoryStore, tmp_path: Path) -> None:
    settings = Settings(inference=Inference(model="active"), features=Features(bar_s=5.0))
    terms: dict[str, Any] = {"interval_ns": BAR_NS, "spec": TODAY}
    kept = [
        kept_model(tmp_path, name=f"m{n}", sector=name, **terms) for n, name in enumerate(sorted(SECTORS)[:3])
    ]
    for each in kept:
        listed(store, each, tmp_path)
        crown(store, each.name)
    together = first_model(settings, tmp_path, store, tmp_path)
    assert folders_of(together) == kept
    begun(store, together)
    crown_another = kept_model(tmp_path, name="m9", sector=sorted(SECTORS)[3], **terms)
    listed(store, crown_another, tmp_path)
    crown(store, crown_another.name)
    assert first_model(settings, tmp_path, store, tmp_path) == together
    assert enter(begun(store, together), settings, tmp_path, store, BY) is None
    (kept[1] / "lightgbm.bin").write_bytes(b"other")
    with pytest.raises(Refused, match="has sha256"):
        enter(begun(store, together), settings, tmp_path, store, BY)


def test_a_model_may_be_named_by_name_version_or_folder(store: MemoryStore, tmp_path: Path) -> None:
    one = kept_model(tmp_path)
    listed(store, one, tmp_path)
    for name, place in (("toy@1", one), ("toy", one), (str(one), one)):
        assert first_model(Settings(inference=Inference(model=name)), tmp_path, store, tmp_path) == place
    with pytest.raises(Refused, match="no model other"):
        first_model(Settings(inference=Inference(model="other")), tmp_path, store, tmp_path)


def test_a_folder_elsewhere_must_be_signed_and_is_not_listed(store: MemoryStore, tmp_path: Path) -> None:
    folder = lay(models.single("linear"), tmp_path / "elsewhere")
    with pytest.raises(Refused, match="is not signed"):
        enter(begun(store, folder), Settings(), tmp_path, store, BY)
    assert enter(begun(MemoryStore(), tmp_path / "none"), Settings(), tmp_path, store, BY) is None
    assert store.models() == []
