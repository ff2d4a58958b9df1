"""How hot rules are compiled: decorating compiles and writes nothing, the first call or `warm` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from numba.core import dispatcher

from shared.kernel_cache import KernelCache

P = ParamSpec("P")
R = TypeVar("R")
Pair = tuple[Callable[..., Any], tuple[object, ...]]
"""A kernel and one call's worth of arguments: numba types, or examples of the values."""
_ENTRIES: Final[dict[tuple[Any, int], tuple[Any, tuple[object, ...]]]] = {}
"""Compiled kernels by the very arguments that they were asked for with: looking at those takes a while."""


def njit(rule: Callable[P, R]) -> Callable[P, R]:
    """Compiles a rule at its first call; with the JIT switched off it stays plain Python."""
    kernel: Any = cast("Any", numba).njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True)(rule)
    if isinstance(kernel, dispatcher.Dispatcher):
        cast("Any", kernel)._cache = KernelCache(rule)
        once_for_all_constants(kernel)
    return cast("Callable[P, R]", kernel)


def inlined(rule: Callable[P, R]) -> Callable[P, R]:
    """As `njit`, but part of every kernel that calls it: for rules so small that a call costs more."""
    made: Callable[P, R] = cast("Any", numba).njit(nogil=True, error_model="numpy", inline="always")(rule)
    return made


def part(rule: Callable[P, R]) -> Callable[P, R]:
    """Compiles a rule that only other kernels call: no door for Python, no machine code of its own kept."""
    kernel: Any = cast("Any", numba).njit(
        nogil=True, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True, forceinline=True
    )(rule)
    if isinstance(kernel, dispatcher.Dispatcher):
        once_for_all_constants(kernel)
    return cast("Callable[P, R]", kernel)


def step(rule: Callable[P, R]) -> Callable[P, R]:
    """Compiles a rule that kernels call by its address (see `address_of`), and keeps its machine code."""
    kernel: Any = part(rule)
    if isinstance(kernel, dispatcher.Dispatcher):
        cast("Any", kernel)._cache = KernelCache(rule)
    return cast("Callable[P, R]", kernel)


def kept_as(template: Callable[..., Any], rule: Callable[..., Any], **names: object) -> Callable[..., Any]:
    """The template with these names filled in, a `step` whose machine code is kept under the rule's name."""
    stands = getattr(rule, "py_func", rule)
    code, place = template.__code__, stands.__code__
    code = code.replace(
        co_filename=place.co_filename,
        co_firstlineno=place.co_firstlineno,
        co_name=place.co_name,
        co_qualname=place.co_qualname,
    )
    made = FunctionType(code, {**template.__globals__, **names}, place.co_name)
    made.__module__, made.__qualname__ = stands.__module__, stands.__qualname__
    return step(made)


def address_of(kernel: Callable[..., Any], arguments: tuple[object, ...]) -> int:
    """Where a step's machine code for these types lies in this process; compiles or loads it if need be."""
    compiled: Any = kernel
    types = tuple(_type_of(argument) for argument in arguments)
    compiled.compile(types)
    found = compiled.overloads[types]
    return int(found.library.get_pointer_to_function(found.fndesc.llvm_func_name))


def once_for_all_constants(kernel: Any) -> None:
    """Keeps a kernel from being compiled anew for every constant that another kernel calls it with."""
    template_of, widened = kernel.get_call_template, cast("Any", numba).types.unliteral

    def template(args: Iterable[Any], kws: dict[str, Any]) -> Any:
        return template_of(tuple(map(widened, args)), {name: widened(kind) for name, kind in kws.items()})

    kernel.get_call_template = template


def warm(pairs: Iterable[Pair]) -> None:
    """Compiles kernels, or loads them from the cache, before the first row needs them."""
    for kernel, arguments in pairs:
        if isinstance(kernel, dispatcher.Dispatcher):
            kernel.compile(tuple(_type_of(argument) for argument in arguments))


def entry(kernel: Callable[P, R], arguments: tuple[object, ...]) -> Callable[P, R]:
    """The compiled kernel for these types alone; calling it skips the look at them, most of a call's time.

    Its arrays must be contiguous and of exactly these dtypes (see `column`); whether they may be written to
    does not matter to a kernel that only reads them.
    """
    if not isinstance(kernel, dispatcher.Dispatcher):
        return kernel
    place = kernel, id(arguments)
    if place not in _ENTRIES:
        types = tuple(_type_of(argument) for argument in arguments)
        _ENTRIES[place] = cast("Any", kernel).compile(types), arguments
    return cast("Callable[P, R]", _ENTRIES[place][0])


def column(array: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """The column if a kernel's `entry` may take it as it is; else a copy it may take."""
    if array.dtype == dtype and array.flags.c_contiguous:
        return array
    return np.ascontiguousarray(array, dtype)


def columns(
    named: Mapping[str, npt.NDArray[Any]], wanted: Iterable[tuple[str, np.dtype[Any]]]
) -> list[npt.NDArray[Any]]:
    """Some columns as a kernel's `entry` may take them; most are, and are soon looked at."""
    return [
        array if (array := named[name]).dtype is dtype and array.flags.c_contiguous else column(array, dtype)
        for name, dtype in wanted
    ]


def readonly(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same numbers, not to be written to: decoded and fresh columns then share one compiled kernel."""
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


def column_type(dtype: npt.DTypeLike, dimensions: int = 1) -> object:
    """The numba type of a decoded column: contiguous and read-only."""
    example = np.empty((0,) * dimensions, dtype)
    example.flags.writeable = False
    return _type_of(example)


def _type_of(argument: object) -> Any:
    if isinstance(argument, numba.types.Type):
        return argument
    return cast("Any", numba).typeof(argument)
