"""Models are found by sector and horizon, and only as many are held as there is room for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.inference import manifest as manifests
from services.inference.model import Model, verify
from services.inference.sets import Entry, ModelSets
from shared.failures import Refused
from tests.fixtures import models

WHOLE = models.single("linear")


def entry(sector: str, horizon: int, **changes: Any) -> Entry:
    manifest = msgspec.structs.replace(WHOLE.manifest, sector=sector, horizon_ns=horizon, **changes)
    return Entry(Path(f"{sector}-{horizon}"), manifest)


class Loader:
    """Loads a model, and remembers which it was asked for."""

    def __init__(self, entries: list[Entry]) -> None:
        self.manifests = {each.folder: each.manifest for each in entries}
        self.asked: list[str] = []

    def __call__(self, folder: Path) -> Model:
        self.asked.append(str(folder))
        return verify(manifests.encode(self.manifests[folder]), WHOLE.artefacts)


def test_a_sector_has_its_own_models_the_shortest_horizon_first_and_others_those_of_all() -> None:
    entries = [entry("", 5), entry("Energy", 5), entry("Energy", 1)]
    sets = ModelSets(entries, Loader(entries))
    assert [model.manifest.horizon_ns for model in sets.models("Energy")] == [1, 5]
    assert (sets.sector_of("Energy"), sets.sector_of("Utilities"), sets.sector_of("")) == ("Energy", "", "")
    alone = ModelSets(entries[1:], Loader(entries))
    assert alone.sector_of("Utilities") is None


def test_what_was_longest_unused_is_let_go_and_loaded_again_when_asked_for() -> None:
    entries = [entry(sector, 1) for sector in ("Energy", "Utilities", "Materials")]
    loader = Loader(entries)
    sets = ModelSets(entries, loader, most_held=2)
    for sector in ("Energy", "Utilities", "Energy", "Materials", "Energy", "Utilities"):
        sets.models(sector)
    assert loader.asked == ["Energy-1", "Utilities-1", "Materials-1", "Utilities-1"]


def test_a_model_that_changed_since_the_run_began_is_refused() -> None:
    known, now = entry("Energy", 1), entry("Energy", 1, seed=9)
    with pytest.raises(Refused, match="another one than when the run began"):
        ModelSets([known], Loader([now])).load_all()


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([entry("Energy", 1, seed=2)._replace(folder=Path("twin"))], "same sector and horizon"),
        ([entry("Energy", 5, spec=2)], "different vectors"),
        ([entry("Ennergy", 5)], "not a known one"),
    ],
)
def test_models_that_do_not_go_together_are_refused(others: list[Entry], said: str) -> None:
    with pytest.raises(Refused, match=said):
        ModelSets([entry("Energy", 1), *others], Loader([]))


def test_no_model_at_all_is_refused() -> None:
    with pytest.raises(Refused, match="tapeline train"):
        ModelSets([], Loader([]))
