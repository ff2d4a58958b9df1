"""A shadow says what it thinks beside the active model, and nobody can take it for the active one."""

from __future__ import annotations

import pytest

from services.inference.shadowed import ShadowedProcessor
from shared.failures import BadInput
from shared.streams import CANARY, FEATURES, SHADOW
from tests.fixtures.blocks import block
from tests.fixtures.toy_models import Toy


def test_rows_stand_behind_those_of_the_active_model_by_close_and_instrument() -> None:
    vectors = block(FEATURES, [1, 1, 2], watermark_ns=5, partition=3, instrument=[4, 7, 4])
    (made,) = ShadowedProcessor(Toy(1), [Toy(2), Toy(3)]).handle(vectors)
    assert made["event_time_ns"].tolist() == [1] * 6 + [2] * 3
    assert made["instrument"].tolist() == [4, 4, 4, 7, 7, 7, 4, 4, 4]
    assert made["model"].tolist() == [1, 2, 3] * 3
    assert made["flags"].tolist() == [0, SHADOW, SHADOW] * 3
    assert (made.watermark_ns, made.partition) == (5, 3)


def test_the_active_rows_are_the_same_with_and_without_shadows() -> None:
    vectors = block(FEATURES, [1, 2], watermark_ns=5)
    (alone,) = ShadowedProcessor(Toy(1), []).handle(vectors)
    (beside,) = ShadowedProcessor(Toy(1), [Toy(2)]).handle(vectors)
    traded = beside.take((beside["flags"] == 0).nonzero()[0])
    assert all((traded[name] == alone[name]).all() for name in alone.stream.names)


def test_an_empty_block_passes_time_on_once() -> None:
    empty = FEATURES.empty(watermark_ns=9, partition=1)
    (made,) = ShadowedProcessor(Toy(1), [Toy(2)]).handle(empty)
    assert (len(made), made.watermark_ns) == (0, 9)


def test_it_keeps_no_state() -> None:
    processor = ShadowedProcessor(Toy(1), [])
    processor.restore(processor.snapshot())
    with pytest.raises(BadInput):
        processor.restore(b"x")


def test_a_canary_is_a_shadow_with_a_mark_of_its_own() -> None:
    vectors = block(FEATURES, [1, 2], watermark_ns=5)
    (made,) = ShadowedProcessor(Toy(1), [Toy(2)], Toy(3)).handle(vectors)
    assert made["model"].tolist() == [1, 2, 3] * 2
    assert made["flags"].tolist() == [0, SHADOW, SHADOW | CANARY] * 2
