"""What recorded predictions say of a model beside the active one, and from which block on it predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.failures import Refused

if TYPE_CHECKING:
    from services.api.commands import By
    from shared.models.evidence import Comparison
    from shared.store.contract import ModelRow, Store


def compared(store: Store, run: str, row: ModelRow, by: By) -> Comparison:
    """Compares a model with the active one of its sector and horizon, and keeps what comes out."""
    from shared.models import registry

    comparison = _comparison(store, run, row)
    told = registry.By(by.actor, by.now_ns, by.why or f"compared on run {run}")
    registry.keep_comparison(store, row, told, comparison)
    return comparison


def beside_active(store: Store, run: str, row: ModelRow) -> dict[str, Any] | None:
    """The same without keeping anything; None for a model that nobody watches."""
    import msgspec

    from shared.models.stages import WATCHED

    if row.stage not in WATCHED:
        return None
    try:
        comparison = _comparison(store, run, row)
    except Refused as error:
        return {"sentence": str(error)}
    return {**msgspec.to_builtins(comparison), "sentence": comparison.sentence}


def places(store: Store, run: str, row: ModelRow) -> list[dict[str, Any]]:
    """Every block of the run after which this model began to predict, and as what."""
    from services.inference import lineup
    from shared.engine.plan import RunPlan
    from shared.engine.readers import INFERENCE
    from shared.streams import PREDICTIONS

    opened = store.run(run)
    found = []
    for partition in range(RunPlan.read(opened.settings).partitions if opened else 0):
        stage = store.stage(run, INFERENCE, partition)
        swaps = lineup.read(stage.state).swaps if stage and stage.state else ()
        for swap in swaps:
            if row.address in swap.lineup.all:
                role = "active" if row.address in swap.lineup.members else "shadow"
                found.append(
                    {"stream": PREDICTIONS.name, "partition": partition, "after": swap.after, "as": role}
                )
    return found


def _comparison(store: Store, run: str, row: ModelRow) -> Comparison:
    from shared.models.comparing import compare
    from shared.models.registry import active_beside

    active = active_beside(store.models(), row)
    if active is None or active.address == row.address:
        raise Refused(f"{row.title} has no active model beside it to be compared with")
    return compare(store.read_rows(run, "predictions"), store.read_rows(run, "bars"), active, row)
