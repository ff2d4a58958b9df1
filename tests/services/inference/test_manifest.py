"""A manifest that contradicts itself is refused in one line."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from services.inference.manifest import Calibration, Spread, decode, encode
from services.inference.usual import Profile, Shape, Usual
from shared.failures import Refused
from tests.fixtures import models

WHOLE = models.stacked()


def changed(**changes: Any) -> bytes:
    return encode(msgspec.structs.replace(WHOLE.manifest, **changes))


def test_a_manifest_reads_as_it_was_written() -> None:
    assert decode(encode(WHOLE.manifest)) == WHOLE.manifest
    assert set(WHOLE.manifest.files) == set(WHOLE.artefacts)


FIRST = WHOLE.manifest.members[0]
ROW = WHOLE.manifest.reference[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 1}, "format 1, wanted 2; train the model again"),
        ({"classes": ("buy", "hold", "sell")}, "wants classes"),
        ({"meta": None}, "combines as stacked and has no meta"),
        ({"combine": "mean"}, "combines as mean and has a meta"),
        ({"combine": "single"}, "single and has 5 members"),
        ({"members": (FIRST, FIRST)}, "twice"),
        ({"members": (msgspec.structs.replace(FIRST, columns=(0, 6)),)}, "read columns"),
        ({"members": (msgspec.structs.replace(FIRST, columns=(0, 0)),)}, "read columns"),
        ({"members": (msgspec.structs.replace(FIRST, columns=()),)}, "read columns"),
        ({"members": (msgspec.structs.replace(FIRST, weight=-1.0),)}, "weights"),
        ({"members": (msgspec.structs.replace(FIRST, weight=0.0),)}, "weights"),
        ({"features": ("a",) * 6}, "feature twice"),
        ({"spread": Spread(mean=(0.0,), sd=(1.0,), limit=1.0)}, "spread of 1 means"),
        ({"spread": Spread(mean=(0.0,) * 6, sd=(0.0,) * 6, limit=1.0)}, "deviation that is not above zero"),
        ({"calibration": Calibration(scale=(1e999, 1.0, 1.0))}, "cannot be read|not finite"),
        ({"reference": (msgspec.structs.replace(ROW, values=(1.0,)),)}, "reference row of 1 values"),
        ({"reference": (msgspec.structs.replace(ROW, members=()),)}, "and 0 answers"),
        ({"reference": ()}, "cannot be read"),
        ({"family": "a/b"}, "cannot be read"),
        ({"horizon_ns": 0}, "cannot be read"),
        ({"name": "../up"}, "cannot be read"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said) as refusal:
        decode(changed(**changes))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("planted", ['"../model.txt"', '"/etc/passwd"', '""', '"a/b"'])
def test_an_artefact_outside_the_folder_is_refused(planted: str) -> None:
    text = encode(WHOLE.manifest).decode().replace('"forest.bin"', planted)
    with pytest.raises(Refused, match="artefact"):
        decode(text.encode())


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"unknown": 1}'])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match="manifest cannot be read"):
        decode(content)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(Refused, match="unknown"):
        decode(encode(WHOLE.manifest).replace(b'"format"', b'"extra": 1, "format"', 1))


def test_a_profile_is_left_out_of_the_hash_of_a_model_that_has_none() -> None:
    whole = models.single("lightgbm").manifest
    assert b'"profile"' not in encode(whole)
    assert decode(encode(whole)).hash == whole.hash


def test_a_profile_must_be_of_the_models_own_features() -> None:
    whole = models.single("lightgbm").manifest
    shape = Shape(edges=(0.0,), shares=(0.5, 0.5, 0.0))
    usual = tuple(Usual(name=name, shape=shape, psi=0.0, ks=0.0) for name in whole.features)
    torn = Shape(edges=(1.0, 1.0), shares=(1.0, 0.0, 0.0, 0.0))
    good = Profile(features=usual, answers=())
    told = msgspec.structs.replace(whole, profile=good)
    assert decode(encode(told)).profile == good
    for bad in (
        msgspec.structs.replace(good, features=usual[1:]),
        msgspec.structs.replace(good, answers=(msgspec.structs.replace(usual[0], shape=torn),)),
    ):
        with pytest.raises(Refused, match="has a profile of"):
            decode(encode(msgspec.structs.replace(whole, profile=bad)))
