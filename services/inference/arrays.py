"""Models of our own as plain arrays: a msgpack envelope in which every size, type and number is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from shared.failures import Refused

FORMAT: Final = 1
MOST_BYTES: Final = 64 << 20

Arrays = Mapping[str, npt.NDArray[Any]]
Kind = Literal["forest", "linear"]
Shape = Annotated[tuple[Annotated[int, Meta(ge=0, le=MOST_BYTES)], ...], Meta(min_length=1, max_length=2)]

WANTED: Final[dict[str, dict[str, tuple[type[np.generic], int]]]] = {
    "forest": {
        "feature": (np.int32, 1),
        "threshold": (np.float32, 1),
        "left": (np.int32, 1),
        "right": (np.int32, 1),
        "probabilities": (np.float32, 2),
        "cover": (np.float32, 1),
        "roots": (np.int32, 1),
    },
    "linear": {
        "mean": (np.float64, 1),
        "scale": (np.float64, 1),
        "weights": (np.float64, 2),
        "bias": (np.float64, 1),
    },
}
"""The arrays of each kind: their type and how many dimensions they have.

A forest's node has feature -1 if it is a leaf; a value at or below the threshold goes left, a missing one
right; `probabilities` has three a node and `cover` the training rows (or weight) that reached it, which
explanations need; the answer is the mean over the trees, whose first nodes are `roots`. A linear model
answers softmax((x - mean) / scale @ weights + bias), a missing value counts as its mean.
"""


class Array(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One array: the name of its type, its shape, and its numbers in C order, lowest byte first."""

    dtype: Literal["int32", "float32", "float64"]
    shape: Shape
    data: bytes


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The envelope."""

    format: int
    kind: Kind
    arrays: dict[str, Array]


def encode(kind: Kind, arrays: Arrays) -> bytes:
    """The file of these arrays, or one line that says which array is not as it must be."""
    packed = {
        name: {"dtype": array.dtype.name, "shape": array.shape, "data": np.ascontiguousarray(array).tobytes()}
        for name, array in arrays.items()
    }
    content = msgspec.msgpack.encode({"format": FORMAT, "kind": kind, "arrays": packed})
    decode(kind, content)
    return content


def decode(kind: Kind, content: bytes) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a file of this kind, or one line that says what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise Refused(f"{kind} model has {len(content)} bytes, at most {MOST_BYTES} are read")
    try:
        file = msgspec.msgpack.decode(content, type=File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"{kind} model cannot be read: {error}") from None
    if file.format != FORMAT or file.kind != kind:
        found = f"format {file.format} of kind {file.kind}"
        raise Refused(f"{kind} model has {found}, wanted format {FORMAT} of kind {kind}")
    if set(file.arrays) != set(WANTED[kind]):
        raise Refused(f"{kind} model has arrays {', '.join(sorted(file.arrays))[:200]}")
    return {name: _array(kind, name, file.arrays[name]) for name in WANTED[kind]}


def _array(kind: Kind, name: str, found: Array) -> npt.NDArray[Any]:
    dtype, dimensions = WANTED[kind][name]
    if found.dtype != np.dtype(dtype).name or len(found.shape) != dimensions:
        wanted = f"{np.dtype(dtype).name} of {dimensions} dimensions"
        raise Refused(f"{kind} model has {name} as {found.dtype} of {len(found.shape)}, wanted {wanted}")
    count = int(np.prod(found.shape, dtype=object))
    if count == 0 or count * np.dtype(dtype).itemsize != len(found.data):
        raise Refused(f"{kind} model has {len(found.data)} bytes of {name}, its shape is {found.shape}")
    array = np.frombuffer(found.data, np.dtype(dtype).newbyteorder("<")).reshape(found.shape)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise Refused(f"{kind} model has a number in {name} that is not finite")
    return array
