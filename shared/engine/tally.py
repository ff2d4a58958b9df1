"""What rows that were kept say to whoever watches the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from shared import metrics as m
from shared.block import Block
from shared.money import MICRO
from shared.orders import Action, Reason, Status
from shared.verdicts import Verdict

Count = Callable[[m.Metrics, Block], None]
SIDES: Final = {1: "buy", -1: "sell"}


def _verdicts(metrics: m.Metrics, rows: Block) -> None:
    account = int(rows["account"][0])
    metrics.counter(m.DECISIONS, account).inc(len(np.unique(rows["event_time_ns"])))
    for verdict, count in zip(*np.unique(rows["verdict"], return_counts=True), strict=True):
        metrics.counter(m.VERDICTS, account, Verdict(int(verdict)).name.lower()).inc(int(count))
    metrics.gauge(m.HALTED, account).set(float(rows["verdict"][-1] == Verdict.HALTED))
    held = rows["position"][rows["event_time_ns"] == rows["event_time_ns"][-1]]
    metrics.gauge(m.POSITIONS_OPEN, account).set(int(np.count_nonzero(held)))


def _orders(metrics: m.Metrics, rows: Block) -> None:
    for account, action in zip(rows["account"].tolist(), rows["action"].tolist(), strict=True):
        metrics.counter(m.ORDERS, account, Action(action).name.lower()).inc()


def _fills(metrics: m.Metrics, rows: Block) -> None:
    for account, side in zip(rows["account"].tolist(), rows["side"].tolist(), strict=True):
        metrics.counter(m.FILLS, account, SIDES[side]).inc()


def _nav(metrics: m.Metrics, rows: Block) -> None:
    metrics.gauge(m.NAV, int(rows["account"][-1])).set(int(rows["nav_micro"][-1]) / MICRO)


def _order_events(metrics: m.Metrics, rows: Block) -> None:
    rejected = rows.take(np.flatnonzero(rows["status"] == Status.REJECTED))
    for account, reason in zip(rejected["account"].tolist(), rejected["reason"].tolist(), strict=True):
        metrics.counter(m.REJECTIONS, account, Reason(reason).name.lower()).inc()


def _quarantine(metrics: m.Metrics, rows: Block) -> None:
    for reason, count in zip(*np.unique(rows["reason"], return_counts=True), strict=True):
        metrics.counter(m.QUARANTINED, int(reason)).inc(int(count))


COUNTED: Final[dict[str, Count]] = {
    "verdicts": _verdicts,
    "orders": _orders,
    "order_events": _order_events,
    "fills": _fills,
    "nav": _nav,
    "quarantine": _quarantine,
}
"""How the rows of a stream are counted; other streams are not."""
