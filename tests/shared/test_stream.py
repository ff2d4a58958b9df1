"""A stream's declaration checks its blocks and names its own versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shared.stream import Column, Stream, Wire

OLD = Stream(
    "toy",
    key="instrument",
    wire=Wire.COLUMNS,
    columns=(
        Column("event_time_ns", np.int64, "when"),
        Column("instrument", np.int32, "what"),
        Column("values", np.float64, "how much", vector=True),
    ),
)
NEW = replace(OLD, columns=(*OLD.columns, Column("flags", np.int8, "why", since=2)))
GOOD: dict[str, Any] = {"event_time_ns": [1, 2], "instrument": [1, 1], "values": [[1.0], [2.0]]}


def test_a_new_column_makes_a_new_version_that_still_knows_the_old_one() -> None:
    assert (OLD.version, NEW.version) == (1, 2)
    assert NEW.known == {NEW.schema: 2, OLD.schema: 1}


def test_a_block_holds_columns_of_the_declared_types() -> None:
    made = OLD.block(GOOD, watermark_ns=2)
    assert [made[name].dtype for name in OLD.names] == [np.int64, np.int32, np.float64]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"instrument": [1]}, "equally long"),
        ({"colour": [1, 1]}, "equally long"),
        ({"values": [1.0, 2.0]}, "dimensions"),
    ],
)
def test_a_block_of_another_shape_is_refused(wrong: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        OLD.block({**GOOD, **wrong}, watermark_ns=2)


def test_rows_that_a_kernel_wrote_become_columns() -> None:
    scalar = replace(OLD, columns=OLD.columns[:2])
    rows = np.zeros(3, scalar.dtype)
    rows["instrument"] = [7, 8, 9]
    made = scalar.records(rows, watermark_ns=1)
    rows["instrument"] = 0
    assert made["instrument"].tolist() == [7, 8, 9]
