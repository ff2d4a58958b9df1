"""Plain arrays are read only if every name, type, size and number is right."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from services.inference.arrays import decode, encode
from shared.failures import Refused


def linear(**changes: Any) -> dict[str, Any]:
    whole = {"mean": np.zeros(2), "scale": np.ones(2), "weights": np.ones((2, 3)), "bias": np.zeros(3)}
    return {**whole, **changes}


def test_arrays_come_back_as_they_were() -> None:
    given = linear(weights=np.arange(6.0).reshape(2, 3))
    found = decode("linear", encode("linear", given))
    assert all(
        (found[name] == given[name]).all() and found[name].dtype == given[name].dtype for name in given
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mean": np.zeros(2, np.float32)}, "mean as float32"),
        ({"mean": np.zeros((2, 1))}, "of 2, wanted float64 of 1 dimensions"),
        ({"mean": np.zeros(0)}, "0 bytes of mean"),
        ({"mean": np.array([0.0, np.nan])}, "not finite"),
        ({"other": np.zeros(1)}, "has arrays"),
        ({"mean": np.array([0j, 0j])}, "cannot be read"),
    ],
)
def test_what_is_not_as_it_must_be_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        encode("linear", linear(**changes))


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ({"format": 2}, "format 2"),
        ({"kind": "forest"}, "of kind forest"),
        ({"arrays": {}}, "has arrays"),
        ({"more": 1}, "cannot be read"),
    ],
)
def test_another_envelope_is_refused(planted: dict[str, Any], said: str) -> None:
    envelope = {**msgspec.msgpack.decode(encode("linear", linear())), **planted}
    with pytest.raises(Refused, match=said):
        decode("linear", msgspec.msgpack.encode(envelope))


def test_a_shape_that_its_bytes_do_not_fill_is_refused() -> None:
    envelope = msgspec.msgpack.decode(encode("linear", linear()))
    for shape in ([1 << 25, 1 << 25], [3, 3], [0, 3], [-1, 3]):
        envelope["arrays"]["weights"]["shape"] = shape
        with pytest.raises(Refused):
            decode("linear", msgspec.msgpack.encode(envelope))


def test_a_pickle_is_no_model() -> None:
    with pytest.raises(Refused, match="cannot be read"):
        decode("forest", b"\x80\x04\x95pickle")
