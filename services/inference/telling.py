"""What inference says when models come and go: a line in the log, and a count."""

from __future__ import annotations

from services.inference.lineup import Lineup
from shared import metrics as m
from shared.engine.context import Context


class Telling:
    """Says it where there is somebody to hear it: a replay has no log and no metrics."""

    def __init__(self, context: Context) -> None:
        self._log, self._metrics = context.log, context.metrics

    def refused(self, reason: str, error: str) -> None:
        """A model that was wanted is not used; the service goes on with what it had."""
        if self._metrics is not None:
            self._metrics.counter(m.MODEL_REFUSALS, reason).inc()
        if self._log is not None:
            self._log.error("model.refused", reason=reason, error=error)

    def took(self, partition: int, after: int, lineup: Lineup) -> None:
        """From now on others predict."""
        if self._metrics is not None:
            self._metrics.counter(m.MODEL_SWAPS, partition).inc()
        if self._log is not None:
            told = {"partition": partition, "after": after, "active": lineup.active}
            self._log.info("model.swapped", **told, shadows=list(lineup.shadows), canary=lineup.canary)
