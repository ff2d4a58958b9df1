"""Calling an update by its address: a table of steps then needs no compiler, whatever it holds.

An update is compiled as a loop over rows: one call then takes many instruments, and what an update works out
from its parameters alone is worked out once. Without the compiler a number is a place in a list, and the call
is a plain one.
"""

from __future__ import annotations

import ctypes
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
from shared.kernels import address_of, kept_as

numba: Any = _numba
cgutils: Any = _cgutils
intrinsic: Any = _intrinsic
types: Any = numba.types
Group = npt.NDArray[np.int64]
"""Addresses of rows."""
POINTER: Final = types.CPointer(types.float64)
STEP: Final = (types.CPointer(types.int64), types.int64, numba.typeof(np.empty(1, OP)[0]))
"""The types of a step's arguments: a group, how many rows it has, and the step's record."""
FARTHEST: Final = 1 << 20
"""Places of a row that plain Python may reach."""

_PLAIN: list[Update] = []
_NUMBERS: dict[Update, int] = {}


def step_numbers(updates: Sequence[Update]) -> npt.NDArray[np.int64]:
    """What `run_step` takes for each of these updates, in this process."""
    for update in updates:
        if update not in _NUMBERS:
            _NUMBERS[update] = _number(update)
    return np.array([_NUMBERS[update] for update in updates], np.int64)


def _number(update: Update) -> int:
    if numba.config.DISABLE_JIT:
        _PLAIN.append(update)
        return len(_PLAIN) - 1
    return address_of(kept_as(_over_rows, update, update=update), STEP)


def _over_rows(group: Group, count: int, op: Op) -> None:
    """What an update is compiled as; it stands where the update does."""
    own = copy_of(op)
    for i in range(count):
        update(row_at(group[i]), own)  # type: ignore[name-defined]  # noqa: F821 - see `kept_as`


def _row_at(_: Any, address: Any) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return POINTER(address), build


def _pointer_to(_: Any, address: Any) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    return types.voidptr(address), build


def _copy_of(_: Any, op: Any) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        room = cgutils.alloca_once(builder, context.get_data_type(signature.return_type))
        room = builder.bitcast(room, arguments[0].type)
        builder.store(builder.load(arguments[0]), room)
        return room

    return op(op), build


def _run_step(_: Any, number: Any, group: Any, count: Any, op: Any) -> tuple[Any, Callable[..., Any]]:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.call_conv.get_function_type(types.none, STEP)
        update = builder.inttoptr(arguments[0], kind.as_pointer())
        array = context.make_array(signature.args[1])(context, builder, arguments[1])
        given = [array.data, arguments[2], arguments[3]]
        status, _ = context.call_conv.call_function(builder, update, types.none, STEP, given)
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.none(number, group, count, op), build


def _plain_row(address: int) -> Row:
    return np.frombuffer((ctypes.c_double * FARTHEST).from_address(int(address)), np.float64)


def _plain_pointer(address: int) -> ctypes.c_void_p:
    return ctypes.c_void_p(int(address))


def _plain_step(number: int, group: Group, count: int, op: Op) -> None:
    for i in range(count):
        _PLAIN[number](_plain_row(group[i]), op)


row_at: Final[Callable[[int], Row]] = _plain_row if numba.config.DISABLE_JIT else intrinsic(_row_at)
"""The row at an address; nobody looks at its length."""

pointer_to: Final[Callable[[int], Any]] = (
    _plain_pointer if numba.config.DISABLE_JIT else intrinsic(_pointer_to)
)
"""An address as something that `numba.carray` makes an array of."""

copy_of: Final[Callable[[Op], Op]] = intrinsic(_copy_of)
"""A step's record on the stack: no write to a row can change it there, and it is read once for all rows."""

run_step: Final[Callable[[int, Group, int, Op], None]] = (
    _plain_step if numba.config.DISABLE_JIT else intrinsic(_run_step)
)
"""Calls a step on a group of rows."""
