"""Which model a desk's run begins with, and how that model enters the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.failures import Refused
from shared.models.registry import STARTER
from shared.models.seal import MANIFEST, open_sealed
from shared.models.vault import FOLDER, address_at, place_of, take
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.engine.plan import RunPlan
    from shared.models.registry import By
    from shared.store.contract import ModelRow, Store

ACTIVE: Final = "active"
FLOATING: Final = (STARTER, ACTIVE)
"""Settings that mean whatever is there when a run begins; the run itself goes on with what it began with."""
POLICY: Final = {"policy": "a desk without an active model begins with its own starter, which claims no edge"}


def first_model(settings: Settings, data: Path, store: Store, trained: Path) -> Path:
    """Where the model of the run lies: the one that it began with, else what the settings name."""
    begun = _begun(settings, store)
    if begun is not None:
        return begun
    given = settings.inference.model
    if given == STARTER:
        return _kept(trained, data)
    if Path(given).is_dir():
        return Path(given)
    return _named(settings, data, store)


def enter(plan: RunPlan, settings: Settings, data: Path, store: Store, by: By) -> ModelRow | None:
    """Lists the run's model if it is one of the registry's; a starter may take the place of no other."""
    from research.registering import registered
    from shared.models import registry
    from shared.models.keys import trusted_keys

    folder, trusted = Path(plan.model), trusted_keys(data, settings.inference.public_keys)
    if not (folder / MANIFEST).exists():
        return None
    address = address_at(folder)
    if folder != place_of(data, address):
        open_sealed(folder, trusted)
        return None
    row = registered(take(data, address, trusted), data, store, by)
    policy = by._replace(why=POLICY["policy"], right=registry.by_policy(POLICY))
    return registry.promote_starter(store, row, policy) if row.name == STARTER else row


def _begun(settings: Settings, store: Store) -> Path | None:
    """The model with which the run began, if the settings still mean it and its vector is today's."""
    from services.features.catalogue import STARTER as PLAIN
    from services.features.config import FeatureSpec
    from services.inference import manifest
    from shared.engine.plan import RunPlan

    row = store.run(settings.run)
    if row is None or settings.inference.model not in FLOATING:
        return None
    plan = RunPlan.read(row.settings)
    file = Path(plan.model) / MANIFEST
    if not file.exists():
        return None
    today = FeatureSpec(interval_ns=plan.interval_ns, features=plan.features or PLAIN).hash
    return file.parent if manifest.decode(file.read_bytes()).spec == today else None


def _kept(trained: Path, data: Path) -> Path:
    """The starter of this market, signed and kept; its training folder while there is none."""
    from research.registering import kept

    if not (trained / MANIFEST).exists():
        return trained
    return place_of(data, kept(trained, data).address)


def _named(settings: Settings, data: Path, store: Store) -> Path:
    """A model of the registry, or a folder of that name among the models."""
    from shared.models.registry import find
    from shared.models.stages import ModelStage
    from shared.time import SECOND_NS

    given, models = settings.inference.model, store.models()
    if given == ACTIVE:
        interval_ns = round(settings.features.bar_s * SECOND_NS)
        active = [row for row in models if row.stage is ModelStage.ACTIVE and row.interval_ns == interval_ns]
        if len(active) != 1:
            raise Refused(
                f"{len(active)} models are active for bars of {settings.features.bar_s:g} s; "
                "name the one that is meant with inference.model"
            )
        return place_of(data, active[0].address)
    if (data / FOLDER / given).is_dir():
        return data / FOLDER / given
    return place_of(data, find(models, given).address)
