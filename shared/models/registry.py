"""Who may move a model to which stage, and on what grounds; every move is one transaction with its reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from shared.failures import Refused
from shared.models.evidence import Comparison, latest, written
from shared.models.stages import WATCHED, ModelStage, move
from shared.store.contract import ModelEvent, ModelRow, ModelStore

PASS: Final = "pass"
NOT_JUDGED: Final = "not judged"
STARTER: Final = "starter"
MOST_WATCHED: Final = 4
"""Shadows and canaries of one sector and horizon: each costs as much as the active model."""
SHORTEST_PREFIX: Final = 8


class By(NamedTuple):
    """Who moves a model, when, why, and by what right."""

    actor: str
    now_ns: int
    why: str = ""
    right: Mapping[str, Any] = {"authority": "person"}


def by_policy(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The right of a recorded policy: its terms, and their hash."""
    text = msgspec.json.encode(terms, order="deterministic")
    return {"authority": "policy", "terms": terms, "sha256": hashlib.sha256(text).hexdigest()}


def register(store: ModelStore, row: ModelRow, by: By) -> ModelRow:
    """Adds a candidate; one that is known already is given back."""
    return store.add_model(row, _event(row, row.stage, by))


def find(models: Sequence[ModelRow], name: str) -> ModelRow:
    """A model by name (the newest version), `name@version`, the number that its predictions bear, or address.

    The start of an address will do.
    """
    stem, _, version = name.partition("@")
    named = [row for row in models if row.name == stem and version in ("", str(row.version))]
    named = named or [row for row in models if str(row.model) == name]
    if not named and len(name) >= SHORTEST_PREFIX:
        named = [row for row in models if row.address.startswith(name)]
        if len(named) > 1:
            raise Refused(f"{name} begins the addresses of {len(named)} models; give more of it")
    if not named:
        raise Refused(f"no model {name}; `tapeline models list` shows those that are registered")
    return named[-1]


def active_beside(models: Sequence[ModelRow], row: ModelRow) -> ModelRow | None:
    """The active model of the same sector and horizon."""
    return next((other for other in _slot(models, row) if other.stage is ModelStage.ACTIVE), None)


def watched_beside(models: Sequence[ModelRow], row: ModelRow) -> list[ModelRow]:
    """The shadows and canaries of the same sector and horizon."""
    return [other for other in _slot(models, row) if other.stage in WATCHED]


def put(store: ModelStore, row: ModelRow, to: ModelStage, by: By) -> ModelRow:
    """Any move but to the top."""
    return put_all(store, [row], to, by)[0]


def put_all(store: ModelStore, rows: Sequence[ModelRow], to: ModelStage, by: By) -> list[ModelRow]:
    """The same move for a group in one transaction: all of them or none."""
    if to is ModelStage.ACTIVE:
        raise Refused("only a promotion or a rollback makes a model active")
    models, steps = list(store.models()), list[ModelEvent]()
    for row in rows:
        steps.append(_step(row, to, by))
        beside = watched_beside(models, row)
        if to in WATCHED and row.stage not in WATCHED:
            _check_room(beside)
        if to is ModelStage.CANARY:
            _check_alone(beside)
        moved = msgspec.structs.replace(row, stage=to)
        models = [moved if other.address == row.address else other for other in models]
    if steps:
        store.move_models(steps)
    return [msgspec.structs.replace(row, stage=to) for row in rows]


def note(store: ModelStore, row: ModelRow, by: By, detail: Mapping[str, Any]) -> None:
    """Writes down what was learnt about a model that stays where it is."""
    event = _event(row, row.stage, by)
    store.move_models([msgspec.structs.replace(event, detail=msgspec.json.encode(detail).decode())])


def keep_comparison(store: ModelStore, row: ModelRow, by: By, comparison: Comparison) -> None:
    """Writes down what a challenger has shown."""
    store.move_models([msgspec.structs.replace(_event(row, row.stage, by), detail=written(comparison))])


def promote(store: ModelStore, row: ModelRow, by: By) -> ModelRow:
    """Makes a model active in its sector and horizon; the one before stays on as a shadow."""
    return promote_all(store, [row], by)[0]


def promote_all(store: ModelStore, rows: Sequence[ModelRow], by: By) -> list[ModelRow]:
    """Makes a group active, each in its sector and horizon, in one transaction: all of them or none."""
    models, steps = store.models(), list[ModelEvent]()
    slots = {(row.sector, row.horizon_ns) for row in rows}
    if len(slots) < len(rows):
        raise Refused("two models of the group are for the same sector and horizon; name one of them")
    for row in rows:
        before = active_beside(models, row)
        if before is not None and before.address == row.address:
            continue
        _check_verdict(row)
        if before is not None:
            _check_better(row, before, latest(store.model_events(row.address), before.address))
            if row.stage not in WATCHED:
                _check_room(watched_beside(models, row))
        steps += _crowning(row, before, by)
    if steps:
        store.move_models(steps)
    return [msgspec.structs.replace(row, stage=ModelStage.ACTIVE) for row in rows]


def rollback_all(store: ModelStore, rows: Sequence[ModelRow], by: By) -> list[ModelRow]:
    """Takes a group back in one transaction: all of them or none."""
    models, events, steps, back = store.models(), store.model_events(""), list[ModelEvent](), list[ModelRow]()
    for row in rows:
        active = active_beside(models, row)
        if active is not None and active.address != row.address:
            back.append(active)
            continue
        before = _before(_slot(models, row), events, row)
        steps += _crowning(before, active, by)
        back.append(msgspec.structs.replace(before, stage=ModelStage.ACTIVE))
    if steps:
        store.move_models(steps)
    return back


def promote_starter(store: ModelStore, row: ModelRow, by: By) -> ModelRow:
    """Lets a desk that has no model, or only another starter, begin with the one it has made itself.

    A starter claims no edge: nobody has judged it. It gives way to any model that has earned its place,
    and never takes the place of one.
    """
    before = active_beside(store.models(), row)
    stays = before is not None and (before.name != STARTER or before.address == row.address)
    if row.name != STARTER or stays or row.stage is not ModelStage.CANDIDATE:
        return row
    ends = [] if before is None else [_step(before, ModelStage.RETIRED, by)]
    store.move_models([*ends, _step(row, ModelStage.ACTIVE, by)])
    return msgspec.structs.replace(row, stage=ModelStage.ACTIVE)


def rollback(store: ModelStore, row: ModelRow, by: By) -> ModelRow:
    """Puts the model that was active before this one back; it has not stopped predicting since.

    Asked again about a model that is no longer active it changes nothing.
    """
    return rollback_all(store, [row], by)[0]


def _before(slot: Sequence[ModelRow], events: Sequence[ModelEvent], row: ModelRow) -> ModelRow:
    """Who was active last in this sector and horizon, and is still watched."""
    models = {other.address: other for other in slot}
    for event in reversed(events):
        before = models.get(event.address)
        was_active = event.before is ModelStage.ACTIVE and event.after is ModelStage.SHADOW
        if before is not None and was_active and before.stage in WATCHED:
            return before
    raise Refused(f"nothing was active before {row.title}, or it is retired; promote another model")


def _crowning(row: ModelRow, before: ModelRow | None, by: By) -> list[ModelEvent]:
    steps = [] if before is None else [_step(before, ModelStage.SHADOW, by)]
    return [*steps, _step(row, ModelStage.ACTIVE, by)]


def _check_verdict(row: ModelRow) -> None:
    if row.verdict != PASS:
        raise Refused(
            f"{row.title} has the verdict {row.verdict!r} of the honesty gate; only {PASS!r} becomes active"
        )


def _check_better(row: ModelRow, before: ModelRow, shown: Comparison | None) -> None:
    """The incumbent serves until the challenger has won."""
    if shown is None:
        raise Refused(
            f"{row.title} has not been compared with {before.title}, which is active; "
            f"put it in the shadow, let closes come, then `tapeline models compare {row.name}@{row.version}`"
        )
    if not shown.is_better:
        raise Refused(f"{row.title} is not surely better than {before.title}: {shown.sentence}")


def _check_room(watched: Sequence[ModelRow]) -> None:
    if len(watched) >= MOST_WATCHED:
        names = ", ".join(row.title for row in watched)
        raise Refused(
            f"{MOST_WATCHED} models are watched beside the active one already ({names}); retire one"
        )


def _check_alone(watched: Sequence[ModelRow]) -> None:
    """Two canaries would trade the same capital."""
    other = next((row for row in watched if row.stage is ModelStage.CANARY), None)
    if other is not None:
        raise Refused(f"{other.title} is the canary already; put it back into the shadow first")


def _slot(models: Sequence[ModelRow], row: ModelRow) -> list[ModelRow]:
    wanted = (row.sector, row.horizon_ns)
    return [other for other in models if (other.sector, other.horizon_ns) == wanted]


def _step(row: ModelRow, to: ModelStage, by: By) -> ModelEvent:
    return _event(row, move(row.stage, to), by)


def _event(row: ModelRow, after: ModelStage, by: By) -> ModelEvent:
    return ModelEvent(
        address=row.address,
        time_ns=by.now_ns,
        actor=by.actor,
        before=row.stage,
        after=after,
        why=by.why,
        detail=msgspec.json.encode(by.right).decode(),
    )
