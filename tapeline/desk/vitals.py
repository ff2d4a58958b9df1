"""What each service counts, read from its own /metrics on the loopback address."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from typing import Final

from shared import metrics

SAMPLE: Final = re.compile(rb"^(tapeline_[a-z_]+)(?:\{[^}]*\})? ([^ \n]+)", re.MULTILINE)
PATIENCE_S: Final = 0.25


@dataclass(frozen=True)
class Vitals:
    """A service's numbers at one moment; None where it does not know."""

    ready: bool
    lag_blocks: float | None = None
    lag_s: float | None = None
    rows_in: float = 0.0
    rows_out: float = 0.0


def ask(port: int) -> Vitals | None:
    """The numbers of the service on this port, or None if it does not answer."""
    readiness = _get(port, "/readyz")
    counted = _get(port, "/metrics")
    if readiness is None or counted is None:
        return None
    return from_text(counted[1], ready=readiness[0] == http.client.OK)


def from_text(text: bytes, *, ready: bool) -> Vitals:
    """The numbers in Prometheus' own format; a lag is that of the slowest partition."""
    seen: dict[str, list[float]] = {}
    for name, value in SAMPLE.findall(text):
        seen.setdefault(name.decode(), []).append(float(value))
    return Vitals(
        ready,
        max(seen.get(metrics.LAG_BLOCKS.name, []), default=None),
        max(seen.get(metrics.LAG_SECONDS.name, []), default=None),
        sum(seen.get(metrics.ROWS_IN.name, [])),
        sum(seen.get(metrics.ROWS_OUT.name, [])),
    )


def _get(port: int, path: str) -> tuple[int, bytes] | None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()
