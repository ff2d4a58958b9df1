"""Vectors from a table or from the record, and what a model says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from research.dataset.vectors_files import SYMBOL, TIME
from services.features.catalogue import SETS
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.inference.explaining import explain
from services.inference.manifest import CLASSES, Manifest
from services.inference.model import Model
from shared.block import Block
from shared.engine.plan import RunPlan
from shared.failures import Refused
from shared.store.contract import Store
from shared.time import iso

DECIMALS = 6
STILL_LAST = 20
"""Closes within which an instrument's newest vector is its last one."""


class Vectors(NamedTuple):
    """Rows to predict from, each with its time and symbol as people write them."""

    times: list[str]
    symbols: list[str]
    values: npt.NDArray[np.float64]


def read_vectors(file: Path, features: tuple[str, ...]) -> Vectors:
    """The columns that a model wants from a table of CSV or Parquet, in its own order."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    try:
        table: Any = parquet.read_table(file) if file.suffix == ".parquet" else csv.read_csv(file)
    except pa.ArrowInvalid as error:
        raise Refused(f"{file} is no table: {str(error).splitlines()[0]}") from None
    missing = [name for name in (TIME, SYMBOL, *features) if name not in table.column_names]
    if missing:
        raise Refused(f"{file} lacks {len(missing)} columns that the model wants, {', '.join(missing[:5])}")
    values = np.empty((table.num_rows, len(features)))
    for place, name in enumerate(features):
        column = table.column(name).to_pandas()
        values[:, place] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return Vectors(
        [str(time) for time in table.column(TIME).to_pylist()],
        [str(symbol) for symbol in table.column(SYMBOL).to_pylist()],
        values,
    )


def last_vectors(store: Store, run: str, symbols: list[str], manifest: Manifest) -> Vectors:
    """The vectors of these instruments at the last recorded close: as served, else made as the line does."""
    known = {row.symbol: row.instrument for row in store.instruments(run)}
    if unknown := [symbol for symbol in symbols if symbol not in known]:
        raise Refused(f"run {run} has no {', '.join(unknown[:5])}")
    spec = _spec(manifest)
    bars = store.read_rows(run, "bars")
    wanted = [known[symbol] for symbol in symbols]
    bars = bars.take(np.flatnonzero(np.isin(bars["instrument"], wanted)))
    if not len(bars):
        raise Refused(f"run {run} has no recorded bar of {', '.join(symbols[:5])} yet")
    made = _served(store, run, bars, spec)
    if not len(made):
        row = store.run(run)
        hours = RunPlan.read(row.settings).hours if row is not None and row.settings else ()
        made = FeatureProcessor(spec, 0, hours=hours).learn(bars.sorted())
    last = {int(instrument): place for place, instrument in enumerate(made["instrument"])}
    places = [last[instrument] for instrument in wanted if instrument in last]
    names = {instrument: symbol for symbol, instrument in known.items()}
    return Vectors(
        [iso(int(made["event_time_ns"][place])) for place in places],
        [names[int(made["instrument"][place])] for place in places],
        made["values"][places],
    )


def _served(store: Store, run: str, bars: Block, spec: FeatureSpec) -> Block:
    """The newest vectors of this kind that the run has recorded, with all that was told beside the bars."""
    since_ns = int(bars["event_time_ns"].max()) - STILL_LAST * spec.interval_ns
    rows = store.rows_since(run, "features", since_ns)
    return rows.take(np.flatnonzero(rows["spec"] == spec.hash))


def predicted(model: Model, vectors: Vectors, reasons: int) -> list[dict[str, Any]]:
    """A row a vector; with reasons, what the features add to the likeliest class."""
    flags, probabilities = model.predictor.predict(vectors.values)
    rows = []
    for place, chances in enumerate(probabilities):
        row: dict[str, Any] = {"time": vectors.times[place], "symbol": vectors.symbols[place]}
        warm = bool(np.isfinite(chances).all())
        row |= dict(zip(CLASSES, [round(float(c), DECIMALS) if warm else None for c in chances], strict=True))
        row |= {"says": CLASSES[int(chances.argmax())] if warm else "not warm", "flags": int(flags[place])}
        if warm and reasons:
            shares = explain(model, vectors.values[place]).top(reasons, row["says"])
            row["because"] = [msgspec.to_builtins(share) for share in shares]
        rows.append(row)
    return rows


def _spec(manifest: Manifest) -> FeatureSpec:
    """The specification whose vectors the model knows."""
    for features in (*SETS.values(), manifest.features):
        spec = FeatureSpec(interval_ns=manifest.interval_ns, features=features)
        if spec.hash == manifest.spec:
            return spec
    raise Refused(f"model {manifest.name} wants vectors that this release cannot make from bars")
