"""Finished bars as files: a lake, or one CSV or Parquet file with prices as people read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shared.block import Block
from shared.failures import Refused
from shared.lake.folders import UNFINISHED
from shared.lake.parquet import write_block
from shared.market import Instruments
from shared.time import iso

if TYPE_CHECKING:
    import pyarrow as pa

PRICES: Final = ("open", "high", "low", "close", "vwap", "bid", "ask")
SUFFIXES: Final = (".csv", ".parquet")


def write_bars(path: Path, bars: Block, profile: Block | None, instruments: Instruments) -> None:
    """Writes bars, and their volume profile where there is one; a file appears whole or not at all."""
    if path.suffix not in SUFFIXES:
        _lake(path, bars, profile)
        return
    table = _table(bars, profile, instruments)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        _write(table, unfinished, path.suffix)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _lake(folder: Path, bars: Block, profile: Block | None) -> None:
    if (folder / f"stream={bars.stream.name}").exists():
        raise Refused(f"{folder} holds bars already; name another folder, so that no bar is there twice")
    for block in (bars, profile):
        if block is not None and len(block):
            write_block(folder, block, 0)


def _table(bars: Block, profile: Block | None, instruments: Instruments) -> pa.Table:
    import pyarrow as pa

    ids, codes = np.unique(bars["instrument"], return_inverse=True)
    terms = [instruments[int(i)] for i in ids]
    ticks, lots = (_ratios([getattr(row, name) for row in terms], codes) for name in ("tick", "lot"))
    columns: dict[str, Any] = {
        "timestamp": [iso(time) for time in bars["event_time_ns"].tolist()],
        "symbol": pa.DictionaryArray.from_arrays(
            codes.astype(np.int32), pa.array([row.symbol for row in terms], pa.string())
        ).cast(pa.string()),
        "interval_ns": bars["interval_ns"],
        **{name: bars[name] * ticks[0] / ticks[1] for name in PRICES[:4]},
        **{name: bars[name] * lots[0] / lots[1] for name in ("volume", "signed_volume")},
        "trades": bars["trades"],
        **{name: bars[name] * ticks[0] / ticks[1] for name in PRICES[4:]},
    }
    if profile is not None:
        columns["volume_profile"] = _levels(bars, profile, instruments)
    return pa.table(columns)


def _ratios(steps: list[Any], codes: Any) -> tuple[Any, Any]:
    """Decimals as exact ratios, so that what is shown is the double nearest to the decimal."""
    pairs = [step.as_integer_ratio() for step in steps]
    return np.array([float(p[0]) for p in pairs])[codes], np.array([float(p[1]) for p in pairs])[codes]


def _levels(bars: Block, profile: Block, instruments: Instruments) -> list[str]:
    said: dict[tuple[int, int], list[str]] = {}
    names = ("event_time_ns", "instrument", "price", "volume")
    for time, number, price, volume in zip(*(profile[name].tolist() for name in names), strict=True):
        row = instruments[number]
        said.setdefault((time, number), []).append(f"{price * row.tick:f}:{volume * row.lot:f}")
    keys = zip(bars["event_time_ns"].tolist(), bars["instrument"].tolist(), strict=True)
    return ["|".join(said.get(key, ())) for key in keys]


def _write(table: pa.Table, path: Path, suffix: str) -> None:
    import pyarrow.csv as text
    import pyarrow.parquet as pq

    if suffix == ".csv":
        text.write_csv(table, path, text.WriteOptions(quoting_style="needed"))
    else:
        pq.write_table(table, path, compression="lz4")
