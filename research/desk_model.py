"""Which model a desk's run begins with, and how that model enters the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.models.registry import STARTER
from shared.models.seal import MANIFEST, open_sealed
from shared.models.vault import FOLDER, address_at, place_of, take
from shared.settings import Settings
from shared.time import SECOND_NS

if TYPE_CHECKING:
    from shared.engine.plan import RunPlan
    from shared.models.registry import By
    from shared.store.contract import ModelRow, Store

ACTIVE: Final = "active"
FLOATING: Final = (STARTER, ACTIVE)
"""Settings that mean whatever is there when a run begins; the run itself goes on with what it began with."""
POLICY: Final = {"policy": "a desk without an active model begins with its own starter, which claims no edge"}


def first_model(settings: Settings, data: Path, store: Store, trained: Path) -> Path:
    """Where the models of the run lie: those that it began with, else what the settings name."""
    begun = _begun(settings, store)
    if begun is not None:
        return begun
    given = settings.inference.model
    if given == STARTER:
        return _kept(trained, data)
    if Path(given).is_dir():
        return Path(given)
    interval_ns = round(settings.features.bar_s * SECOND_NS)
    return named_models(given, data, store, interval_ns)


def enter(plan: RunPlan, settings: Settings, data: Path, store: Store, by: By) -> ModelRow | None:
    """Opens the seals of a run's models and lists one that is kept here; a starter takes nobody's place."""
    from research.registering import registered
    from shared.models import registry
    from shared.models.keys import trusted_keys
    from shared.models.together import folders_of

    trusted = trusted_keys(data, settings.inference.public_keys)
    folders = folders_of(Path(plan.model))
    for folder in folders:
        open_sealed(folder, trusted)
    address = address_at(folders[0]) if len(folders) == 1 else ""
    if not address or folders[0] != place_of(data, address):
        return None
    row = registered(take(data, address, trusted), data, store, by)
    policy = by._replace(why=POLICY["policy"], right=registry.by_policy(POLICY))
    return registry.promote_starter(store, row, policy) if row.name == STARTER else row


def _begun(settings: Settings, store: Store) -> Path | None:
    """The models with which the run began, if the settings still mean them and their vector is today's."""
    from research.starting import manifests_of
    from services.features.catalogue import STARTER as PLAIN
    from services.features.config import FeatureSpec
    from shared.engine.plan import RunPlan

    row = store.run(settings.run)
    if row is None or settings.inference.model not in FLOATING:
        return None
    plan = RunPlan.read(row.settings)
    today = FeatureSpec(interval_ns=plan.interval_ns, features=plan.features or PLAIN).hash
    begun = manifests_of(Path(plan.model))
    return Path(plan.model) if begun and all(one.spec == today for one in begun) else None


def _kept(trained: Path, data: Path) -> Path:
    """The starter of this market, signed and kept; its training folder while there is none."""
    from research.registering import kept

    if not (trained / MANIFEST).exists():
        return trained
    return place_of(data, kept(trained, data).address)


def named_models(given: str, data: Path, store: Store, interval_ns: int) -> Path:
    """All that are active for such bars, a model of the registry, or a folder among the models."""
    from research.active_models import active_models
    from shared.models.registry import find
    from shared.models.together import keep_together

    models = store.models()
    if given == ACTIVE:
        return keep_together(data, [row.address for row in active_models(models, interval_ns)])
    if (data / FOLDER / given).is_dir():
        return data / FOLDER / given
    return place_of(data, find(models, given).address)
