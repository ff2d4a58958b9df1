"""The plan as kernels read it."""

from __future__ import annotations

import msgspec
import pytest

from services.ingest.quality.plan import DAILY, QualityPlan


def test_the_kernels_read_every_field() -> None:
    row = DAILY.record()[0]

    assert {name: getattr(row, name) for name in DAILY.__struct_fields__} == msgspec.structs.asdict(DAILY)


def test_another_plan_has_another_hash() -> None:
    assert DAILY.hash != QualityPlan().hash
    assert QualityPlan().hash == QualityPlan().hash


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"floor": 0.0}, QualityPlan)
