"""How much was traded at each price within a bar."""

from __future__ import annotations

import numpy as np

from services.features.bar_kernels import TRADE
from services.features.building import spans
from services.features.config import NOT_OF_ITS_MOMENT
from shared.block import Block
from shared.streams import VOLUME_PROFILE


def profile_of(bars: Block, ticks: Block, ignored_conditions: int = NOT_OF_ITS_MOMENT) -> Block:
    """The lots of every price of every bar, by close, instrument and price; only trades say a price."""
    trades = ticks.take(
        np.flatnonzero((ticks["kind"] == TRADE) & (ticks["conditions"] & ignored_conditions == 0))
    )
    pairs = spans(bars, trades["instrument"], trades["event_time_ns"])
    none = np.zeros(0, np.int64)
    place = np.concatenate([none, *(bar for bar, _ in pairs)])
    rows = np.concatenate([none, *(inside for _, inside in pairs)])
    levels, at = np.unique(np.stack([place, trades["price"][rows]], axis=1), axis=0, return_inverse=True)
    volume = np.zeros(len(levels), np.int64)
    np.add.at(volume, at.reshape(-1), trades["size"][rows])
    bar = levels[:, 0]
    columns = {
        "event_time_ns": bars["event_time_ns"][bar],
        "instrument": bars["instrument"][bar],
        "price": levels[:, 1],
        "volume": volume,
    }
    return VOLUME_PROFILE.block(columns, watermark_ns=bars.watermark_ns)
