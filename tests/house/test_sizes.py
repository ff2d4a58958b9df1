"""Files and functions stay small enough to be read at one sitting."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

from tests.fixtures.house import python_files, read, sources, tree

FILE_LINES = 400
FUNCTION_LINES = 60
KERNEL_LINES = 120
NINE_IN_TEN_LINES = 30
# A compiled loop is one function because a call per row would be slower than the row.
KERNEL_MARK = "kernels"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Path) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree(file)) if isinstance(node, Function))


def lines(function: Function) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def is_compiled(file: Path, function: Function) -> bool:
    marks = " ".join(ast.unparse(mark) for mark in function.decorator_list)
    return "njit" in marks or KERNEL_MARK in file.stem


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = {
        str(file): count for file in python_files() if (count := len(read(file).splitlines())) > FILE_LINES
    }
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{file}:{function.lineno} {function.name} has {lines(function)} lines"
        for file in python_files()
        for function in functions(file)
        if lines(function) > (KERNEL_LINES if is_compiled(file, function) else FUNCTION_LINES)
    ]
    assert not long, "\n".join(long)


def test_nine_functions_in_ten_are_short() -> None:
    counts = [lines(function) for file in sources() for function in functions(file)]
    assert statistics.quantiles(counts, n=10)[-1] <= NINE_IN_TEN_LINES
