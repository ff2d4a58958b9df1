"""The prediction behind a decision: what the model said, how far ahead, and which features moved it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.failures import Refused
from tapeline.cli.session import Session

if TYPE_CHECKING:
    from tapeline.record import Row


def prediction_of(made: Session, verdict: Row, count: int) -> dict[str, Any] | None:
    """What was said at this close by the model that the verdict names; None where it names none."""
    from services.inference.manifest import CLASSES
    from shared.time import SECOND_NS
    from tapeline.record import PREDICTION_OF, ask

    if not verdict["model"]:
        return None
    terms = {name: verdict[name] for name in ("event_time_ns", "instrument", "model")}
    rows = ask(made.db(), made.run, PREDICTION_OF, **terms)
    if not rows:
        return {"model": str(verdict["model"]), "note": "the record has let this prediction go"}
    (row, *_) = rows
    chances = dict(zip(CLASSES, row["probabilities"], strict=True))
    told = {"model": str(verdict["model"]), "horizon_s": row["horizon_ns"] / SECOND_NS, "flags": row["flags"]}
    return {**told, **chances, **_because(made, verdict, row["values"], count)}


def lines_of(prediction: dict[str, Any]) -> list[str]:
    """The same for people."""
    if "horizon_s" not in prediction:
        return [f"model        {prediction['model']}: {prediction['note']}"]
    said = ", ".join(f"{name} {prediction[name]:.4f}" for name in ("sell", "hold", "buy"))
    told = [f"model        {prediction['model']}, {prediction['horizon_s']:g} s ahead: {said}"]
    if "note" in prediction:
        return [*told, f"because      {prediction['note']}"]
    told.append(f"because      {prediction['of']} {prediction['base']:.4f} before any feature")
    for share in prediction["shares"]:
        told.append(f"             {share['share']:+.4f}  {share['feature']} = {share['value']:.6g}")
    others = prediction["features"] - len(prediction["shares"])
    return [
        *told,
        f"             {prediction['rest']:+.4f}  {others} other features",
        f"             {prediction['probability']:.4f}  in all",
    ]


def _because(made: Session, verdict: Row, values: list[float] | None, count: int) -> dict[str, Any]:
    import msgspec

    from research.reasons import model_of, reasons
    from shared.models.keys import trusted_keys
    from tapeline.cli.models import opened

    if values is None:
        return {"note": "the record has let this vector go"}
    trusted = trusted_keys(made.data, made.settings.inference.public_keys)
    try:
        with opened(made) as store:
            title, model = model_of(store, made.run, made.data, trusted, verdict["model"])
        found = reasons(model, values, verdict["side"], count)
    except Refused as refusal:
        return {"note": str(refusal)}
    told: dict[str, Any] = msgspec.to_builtins(found)
    return {"model": title, **told}
