"""A damaged model is refused in one line or answers its reference rows as before, whatever was done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import pytest

from services.inference.model import check_reference, predictor_of
from services.inference.parts import rounded_down
from shared.failures import Refused
from tests.fixtures import models
from tests.fixtures.models import Whole

MUTANTS: Final = 500
LONG: Final = (b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"99999999")


def flipped(content: bytes, draw: np.random.Generator) -> bytes:
    """One to four bits turned."""
    made = bytearray(content)
    for place in draw.integers(0, len(made), draw.integers(1, 5)):
        made[place] ^= 1 << int(draw.integers(0, 8))
    return bytes(made)


def cut(content: bytes, draw: np.random.Generator) -> bytes:
    """Ends too early."""
    return content[: int(draw.integers(0, len(content)))]


def swapped(content: bytes, draw: np.random.Generator) -> bytes:
    """Two stretches of bytes in each other's place."""
    made = bytearray(content)
    one, other = draw.integers(0, len(made) - 8, 2)
    made[one : one + 8], made[other : other + 8] = made[other : other + 8], made[one : one + 8]
    return bytes(made)


def lengthened(content: bytes, draw: np.random.Generator) -> bytes:
    """A huge number where there was another one."""
    made = bytearray(content)
    planted = LONG[int(draw.integers(0, len(LONG)))]
    place = int(draw.integers(0, len(made) - len(planted)))
    made[place : place + len(planted)] = planted
    return bytes(made)


DAMAGES: Final[tuple[Callable[[bytes, np.random.Generator], bytes], ...]] = (
    flipped,
    cut,
    swapped,
    lengthened,
)


def mutants(content: bytes) -> Iterator[bytes]:
    for seed in range(MUTANTS):
        yield DAMAGES[seed % len(DAMAGES)](content, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", models.KINDS)
def test_five_hundred_mutants_are_refused_or_answer_as_before(kind: str) -> None:
    whole = models.single(kind)
    ((name, content),) = whole.artefacts.items()
    refusals = [said for mutant in mutants(content) if (said := refusal(whole, {name: mutant}))]
    assert not [said for said in refusals if "\n" in said or len(said) > 500]
    assert sum("reference row" not in said for said in refusals) > MUTANTS // 10
    assert len(refusals) < MUTANTS


def refusal(whole: Whole, artefacts: dict[str, bytes]) -> str:
    """Why these files are refused with their hashes left unchecked; nothing if they answer as before."""
    try:
        check_reference(whole.manifest, predictor_of(whole.manifest, artefacts))
    except Refused as said:
        return str(said)
    return ""


def test_a_threshold_rounded_down_parts_the_same_values() -> None:
    draw = np.random.default_rng(1)
    thresholds = draw.normal(size=2_000)
    values = draw.normal(size=2_000).astype(np.float32)
    values[:500] = thresholds[:500].astype(np.float32)
    rounded = rounded_down(thresholds)
    assert ((values.astype(np.float64) <= thresholds) == (values <= rounded)).all()
    assert rounded_down(np.array([1e300, -1e300, np.inf])).tolist() == [
        np.finfo(np.float32).max,
        -np.inf,
        np.inf,
    ]


@pytest.mark.parametrize(
    ("found", "planted"),
    [
        (b"left_child=1", b"left_child=0"),
        (b"split_feature=", b"split_feature=9"),
        (b"leaf_value=", b"leaf_value=nan "),
        (b"num_cat=0", b"num_cat=1"),
        (b"end of trees", b"end of tree"),
        (b"objective=multiclass", b"objective=lambdarank"),
        (b"num_leaves=15", b"num_leaves=90000"),
        (b"tree\n", b"\x80\x04pickle"),
    ],
)
def test_a_fault_planted_in_a_lightgbm_text_is_refused(found: bytes, planted: bytes) -> None:
    whole = models.single("lightgbm")
    ((name, content),) = whole.artefacts.items()
    assert found in content
    with pytest.raises(Refused):
        predictor_of(whole.manifest, {name: content.replace(found, planted, 1)})


@pytest.mark.parametrize(
    ("found", "planted"),
    [
        (b"multi:softprob", b"multi:softmax\0"),
        (b"gbtree", b"dartxx"),
        (b"num_class", b"num_klass"),
        (b"split_type", b"split_tipe"),
        (b"sum_hessian", b"sum_hessien"),
    ],
)
def test_a_fault_planted_in_an_xgboost_file_is_refused(found: bytes, planted: bytes) -> None:
    whole = models.single("xgboost_vector")
    ((name, content),) = whole.artefacts.items()
    assert found in content
    with pytest.raises(Refused):
        predictor_of(whole.manifest, {name: content.replace(found, planted)})


@pytest.mark.parametrize(
    ("found", "planted"),
    [
        (b"CBM1", b"CBM2"),
        (b"FlabuffersModel_v1", b"FlabuffersModel_v9"),
        (b'"MultiClass"', b'"MultiKlass"'),
        (b'"class_to_label":[0,1,2]', b'"class_to_label":[2,1,0]'),
    ],
)
def test_a_fault_planted_in_a_catboost_file_is_refused(found: bytes, planted: bytes) -> None:
    whole = models.single("catboost")
    ((name, content),) = whole.artefacts.items()
    assert found in content
    with pytest.raises(Refused):
        predictor_of(whole.manifest, {name: content.replace(found, planted)})
