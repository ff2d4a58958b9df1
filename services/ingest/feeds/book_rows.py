"""A book rebuilt from recorded rows of `book_deltas`: the best of both sides after every change."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from services.ingest.feeds.book import Side, Top
from shared.block import Block


class Recorded(NamedTuple):
    """The book after one change or picture, and the venue's number of it."""

    time_ns: int
    number: int
    top: Top


def tops(deltas: Block, instrument: int) -> Iterator[Recorded]:
    """After each change in order; a picture begins the book anew, and before the first one there is none."""
    rows = deltas.take(np.flatnonzero(deltas["instrument"] == instrument))
    keys = np.stack([rows[name] for name in ("event_time_ns", "venue_seq", "snapshot")])
    starts = np.flatnonzero(np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0))[: len(rows)])
    bids, asks, pictured = Side(-1), Side(1), False
    for start, stop in pairwise([*starts.tolist(), len(rows)]):
        if rows["snapshot"][start]:
            bids.clear()
            asks.clear()
            pictured = True
        if not pictured:
            continue
        part = {name: rows[name][start:stop].tolist() for name in ("side", "price", "size")}
        for side, price, size in zip(part["side"], part["price"], part["size"], strict=True):
            (bids if side > 0 else asks).change([(price, size)])
        number = int(rows["venue_seq"][start])
        yield Recorded(int(rows["event_time_ns"][start]), number, Top(*bids.best(), *asks.best()))
