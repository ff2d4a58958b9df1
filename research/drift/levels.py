"""When a measure becomes an alarm and when it stops being one: two limits each, so that none flickers."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final

import msgspec
from msgspec import Meta


class Level(Enum):
    """How loud a measure is."""

    CALM = "calm"
    WATCH = "watch"
    ALARM = "alarm"


ORDER: Final = (Level.CALM, Level.WATCH, Level.ALARM)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Above `watch` and `alarm` a measure is louder; below a share of the same limit it is quieter again."""

    watch: float
    alarm: float
    back: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.8


def level(measure: float, before: Level, limits: Limits) -> Level:
    """The level now; a measure that is not a number is an alarm, for nobody can say that all is well."""
    if measure != measure:
        return Level.ALARM
    risen = _at(measure, limits.watch, limits.alarm)
    kept = _at(measure, limits.watch * limits.back, limits.alarm * limits.back)
    return max(risen, min(before, kept, key=ORDER.index), key=ORDER.index)


def _at(measure: float, watch: float, alarm: float) -> Level:
    if measure >= alarm:
        return Level.ALARM
    return Level.WATCH if measure >= watch else Level.CALM
