"""Calling an update by its address: a table of steps then needs no compiler, whatever it holds.

Without the compiler an address is a place in a list, and the call is a plain one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numba as _numba
import numpy as np
import numpy.typing as npt
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic as _intrinsic

from services.features.program import OP
from services.features.registry import Update
from services.features.row import Op, Row
from shared.kernels import address_of

numba: Any = _numba
cgutils: Any = _cgutils
intrinsic: Any = _intrinsic
types: Any = numba.types
POINTER: Final = types.CPointer(types.float64)
STEP: Final = (POINTER, numba.typeof(np.empty(1, OP)[0]))
"""The types of an update's arguments."""

_PLAIN: list[Update] = []


def step_numbers(updates: Sequence[Update]) -> npt.NDArray[np.int64]:
    """What `run_step` takes for each of these updates, in this process."""
    if numba.config.DISABLE_JIT:
        _PLAIN.extend(update for update in updates if update not in _PLAIN)
        return np.array([_PLAIN.index(update) for update in updates], np.int64)
    return np.array([address_of(update, STEP) for update in updates], np.int64)


def _row_of(_: Any, memory: Any, slot: Any) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        length = cgutils.unpack_tuple(builder, array.shape)[1]
        return builder.gep(array.data, [builder.mul(arguments[1], length)])

    return POINTER(memory, slot), build


def _run_step(_: Any, number: Any, m: Any, op: Any) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.call_conv.get_function_type(types.none, STEP)
        update = builder.inttoptr(arguments[0], kind.as_pointer())
        status, _ = context.call_conv.call_function(builder, update, types.none, STEP, arguments[1:])
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.none(number, m, op), build


def _plain_row(memory: npt.NDArray[np.float64], slot: int) -> Row:
    return memory[slot]


def _plain_step(number: int, m: Row, op: Op) -> None:
    _PLAIN[number](m, op)


row_of: Final[Callable[[npt.NDArray[np.float64], int], Row]] = (
    _plain_row if numba.config.DISABLE_JIT else intrinsic(_row_of)
)
"""An instrument's row; compiled, it is a plain pointer, and nobody looks at its length."""

run_step: Final[Callable[[int, Row, Op], None]] = (
    _plain_step if numba.config.DISABLE_JIT else intrinsic(_run_step)
)
"""Calls an update on a row."""
