"""Compiles every kernel of the line once, so that no first row waits for a compiler."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Final

WHAT: Final = ("features", "inference", "market", "ingest", "risk", "venue", "replay", "labels")
"""The parts of the line that have kernels."""


TOGETHER: Final = ("venue", "replay"), ("risk",), ("features",), ("market", "ingest"), ("inference", "labels")
"""What one process compiles after another, longest first: the fused loop is made of the venue's kernels."""
PROCESSES: Final = 2


def warm(part: str) -> None:
    """Compiles one part's kernels, or loads them from the cache."""
    WARMERS[part]()


def warm_all() -> Iterator[str]:
    """Compiles every part in processes side by side; names each part once it is done."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_warm_each, parts) for parts in TOGETHER]):
            yield from done.result()


def _warm_each(parts: tuple[str, ...]) -> tuple[str, ...]:
    for part in parts:
        warm(part)
    return parts


def _features() -> None:
    from services.features.processor import warm as warm_features
    from shared import exact, kernels

    kernels.warm(exact.KERNELS)
    warm_features()


def _inference() -> None:
    from services.inference import ensemble_kernels, shap_kernels
    from shared import kernels

    kernels.warm(ensemble_kernels.KERNELS)
    kernels.warm(shap_kernels.KERNELS)


def _market() -> None:
    """The market's kernels take too many kinds of arguments to list: a market of one symbol is played."""
    from services.ingest.quality import kernels as quality_kernels
    from services.ingest.synthetic.grid import around_the_clock
    from services.ingest.synthetic.market import MarketPlan, SyntheticMarket
    from services.ingest.synthetic.ticks import SyntheticTicks
    from shared import kernels
    from shared.time import SECOND_NS

    kernels.warm(quality_kernels.KERNELS)
    plan = MarketPlan(symbols=1)
    market = SyntheticMarket(plan)
    market.bars(around_the_clock(0, plan.interval_ns, 2))
    SyntheticTicks(market, 2 * plan.interval_ns).until(2 * plan.interval_ns + SECOND_NS)


def _ingest() -> None:
    from services.ingest.files import csv_kernels
    from shared import kernels

    kernels.warm(csv_kernels.KERNELS)


def _risk() -> None:
    from services.risk.processor import warm as warm_risk

    warm_risk()


def _venue() -> None:
    from services.venue.processor import warm as warm_venue

    warm_venue()


def _replay() -> None:
    from research.replay.line import warm as warm_line

    warm_line()


def _labels() -> None:
    from research.labels import kernels as labels_kernels
    from shared import kernels

    kernels.warm(labels_kernels.KERNELS)


WARMERS: Final[dict[str, Callable[[], None]]] = dict(
    zip(WHAT, (_features, _inference, _market, _ingest, _risk, _venue, _replay, _labels), strict=True)
)
