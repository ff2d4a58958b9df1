"""What was said of every tested row, and what came of it: from this file scores can be worked out again."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from research.dataset.examples import Examples, Floats
from research.honesty.study import Study, base_rates
from research.scores.card import CLASS_NAMES

WALK: Final = "walk.parquet"
BASE: Final = "base_"


@dataclass(frozen=True)
class Walked:
    """The tested rows in time order, without features: what the model said, and what base rates did."""

    tested: Examples
    said: Floats
    base: Floats


def walk_of(study: Study) -> Walked:
    """The walk of a study."""
    rows = study.tested()
    base = base_rates(study.folds, study.examples.classes)
    return Walked(study.examples.take(rows), study.claimed[rows], base[rows])


def encode(walked: Walked) -> bytes:
    """The file's content."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tested = walked.tested
    columns = {
        "time_ns": tested.times_ns,
        "until_ns": tested.end_ns,
        "instrument": tested.instruments,
        "class": tested.classes,
        "return": tested.returns,
    }
    for place, name in enumerate(CLASS_NAMES):
        columns[name] = np.ascontiguousarray(walked.said[:, place])
        columns[BASE + name] = np.ascontiguousarray(walked.base[:, place])
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="zstd")
    return file.getvalue()


def read_walk(folder: Path) -> Walked:
    """The walk of a finished set."""
    import pyarrow.parquet as pq

    table = pq.read_table(folder / WALK)
    column = {name: table[name].to_numpy() for name in table.column_names}
    tested = Examples(
        (),
        np.zeros((table.num_rows, 0)),
        column["time_ns"],
        column["instrument"],
        column["class"],
        column["return"],
        column["until_ns"],
    )
    said, base = (np.column_stack([column[head + name] for name in CLASS_NAMES]) for head in ("", BASE))
    return Walked(tested, said, base)
