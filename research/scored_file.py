"""What a model says of vectors as a file: a row a vector, each member's opinion beside the whole's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from research.dataset.vectors_files import SYMBOL, TIME, UNFINISHED
from research.labels.next_bar import BUY, SELL
from research.predicting import Vectors
from services.inference.manifest import CLASSES
from services.inference.model import Model
from shared.failures import Refused

if TYPE_CHECKING:
    import pyarrow as pa

SCORE: Final = "score."
"""Begins the column of a member: its probability of buy less that of sell."""


def write_scores(path: Path, model: Model, vectors: Vectors) -> int:
    """Writes the file whole or not at all; gives the number of its rows. What is not warm has no scores."""
    writes = _WRITERS.get(path.suffix.lower())
    if writes is None:
        raise Refused(f"{path.name} should end in {' or '.join(_WRITERS)}")
    table = scores(model, vectors)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        writes(table, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return int(table.num_rows)


def scores(model: Model, vectors: Vectors) -> pa.Table:
    """The same in memory."""
    import pyarrow as pa

    flags, probabilities, members = model.predictor.answer(vectors.values)
    warm = np.isfinite(probabilities).all(axis=1)
    unknown = ~warm
    columns = {TIME: pa.array(vectors.times), SYMBOL: pa.array(vectors.symbols)}
    for place, name in enumerate(CLASSES):
        columns[name] = pa.array(probabilities[:, place], mask=unknown)
    likeliest = np.argmax(np.nan_to_num(probabilities), axis=1)
    columns["says"] = pa.array(np.array(CLASSES)[likeliest], mask=unknown)
    columns["flags"] = pa.array(flags)
    for place, member in enumerate(model.manifest.members):
        leans = members[:, place, BUY] - members[:, place, SELL]
        columns[SCORE + member.name] = pa.array(leans, mask=unknown | ~np.isfinite(leans))
    return pa.table(columns)


def _csv(table: pa.Table, path: Path) -> None:
    from pyarrow import csv

    csv.write_csv(table, path, csv.WriteOptions(quoting_style="needed"))


def _parquet(table: pa.Table, path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(table, path)


_WRITERS: Final[Mapping[str, Callable[[pa.Table, Path], None]]] = {".csv": _csv, ".parquet": _parquet}
