"""What a look found, as metrics and as lines in the log: an alarm is said when it begins and when it ends."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from research.watch.told import Shown, Told
from shared import metrics as m
from shared.logs import Logger
from shared.metrics import Metrics

LOUDNESS: Final = {"calm": 0, "watch": 1, "alarm": 2}


class Gauges:
    """One series a model and measure."""

    def __init__(self, metrics: Metrics, log: Logger) -> None:
        self._metrics, self._log = metrics, log

    def tell(self, told: Iterable[Told]) -> None:
        """Everything that a look has found."""
        for one in told:
            self._metrics.counter(m.MODEL_LOOKS, "silent" if one.silent else "measured").inc()
            if one.silent:
                self._log.info("model.not_measured", model=one.model, reason=one.silent)
                continue
            self._measure(one)
            self._speak(one)

    def failed(self, reason: str) -> None:
        """A look that came to nothing: nobody knows how the models fare, and that is said aloud."""
        self._metrics.counter(m.MODEL_LOOKS, "failed").inc()
        self._log.error("models.not_looked_at", reason=reason)

    def _measure(self, told: Told) -> None:
        shifts = [one.value for one in told.measures if one.kind.endswith(" psi") and one.value is not None]
        of_features = [one for one in told.measures if one.kind.startswith("feature ")]
        loud = {one.name for one in of_features if one.level == "alarm"}
        to = self._metrics
        to.gauge(m.MODEL_LEVEL, told.model).set(LOUDNESS[told.level])
        to.gauge(m.MODEL_PSI_MAX, told.model).set(max(shifts, default=0.0))
        to.gauge(m.MODEL_FEATURES_DRIFTED, told.model).set(len(loud))
        for one in told.measures:
            self._single(told.model, one)

    def _single(self, model: str, one: Shown) -> None:
        to, value = self._metrics, _number(one.value)
        if one.kind == "rank ic":
            for bound, number in (("value", one.value), ("low", one.low), ("high", one.high)):
                to.gauge(m.MODEL_RANK_IC, model, bound).set(_number(number))
        elif one.kind == "calibration":
            to.gauge(m.MODEL_CALIBRATION_ERROR, model).set(value)
        elif one.kind == "loss":
            to.gauge(m.MODEL_LOSS_CHANGES, model).set(value)

    def _speak(self, told: Told) -> None:
        values = {f"{one.kind} {one.name}".strip(): one.value for one in told.measures}
        for name in told.raised:
            self._metrics.counter(m.MODEL_ALARMS, told.model).inc()
            self._log.error("model.alarm", model=told.model, measure=name, value=values[name])
        for name in told.eased:
            self._log.info("model.eased", model=told.model, measure=name, value=values[name])


def _number(value: float | None) -> float:
    """What nobody knows is no number, for a gauge as for us."""
    return math.nan if value is None else value
