"""Machine code is made at the first call, kept under the name of its sources, and never trusted blindly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shared.kernel_cache import CheckedFiles, kernel_sources
from shared.kernels import column, columns, entry, njit, readonly

RUN = """
from pathlib import Path
from services.features import row
from shared.kernel_cache import cache_folder
from shared.kernels import njit

def hits():
    kernel = njit(row.ratio.py_func)
    kernel(1.0, 2.0, 0.0)
    return len(kernel.stats.cache_hits)

seen = [hits(), hits()]
for file in cache_folder().rglob("*.nbc"):
    file.write_bytes(file.read_bytes()[:200])
print(*seen, hits(), hits())
"""


STEP = """
from services.features.calls import STEP, _over_rows
from services.features.indicators.returns import close_, opening_gap
from shared.kernels import address_of, kept_as

one, other = (kept_as(_over_rows, update, update=update) for update in (close_, opening_gap))
kept = [len(kernel.stats.cache_hits) for kernel in (one, other) if address_of(kernel, STEP)]
print(address_of(one, STEP) != address_of(other, STEP), *kept)
"""


def in_process(code: str, **environment: str) -> str:
    around = {**os.environ, "PYTHONPATH": os.getcwd(), **environment}
    done = subprocess.run([sys.executable, "-c", code], env=around, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_damaged_file_is_compiled_anew_and_a_whole_one_is_used(tmp_path: Path) -> None:
    assert in_process(RUN, NUMBA_CACHE_DIR=str(tmp_path)) == "0 1 0 1"


def test_a_step_has_an_address_and_its_machine_code_is_kept(tmp_path: Path) -> None:
    assert in_process(STEP, NUMBA_CACHE_DIR=str(tmp_path)) == "True 0 0"
    assert in_process(STEP, NUMBA_CACHE_DIR=str(tmp_path)) == "True 1 1"


def test_a_folder_that_cannot_be_made_costs_only_time() -> None:
    assert in_process(RUN, NUMBA_CACHE_DIR="/proc/nowhere") == "0 0 0 0"


def test_importing_kernels_compiles_and_writes_nothing(tmp_path: Path) -> None:
    in_process("import services.features.processor", NUMBA_CACHE_DIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_folder_s_name_covers_kernels_and_the_constants_they_import(tmp_path: Path) -> None:
    package = tmp_path / "shared"
    package.mkdir()
    (package / "hot.py").write_text("from shared.kernels import njit\nfrom shared.numbers import SIZE\n")
    (package / "numbers.py").write_text("SIZE = 1\n")
    (package / "cold.py").write_text("import shared.numbers\n")
    assert set(kernel_sources(tmp_path)) == {"shared/hot.py", "shared/numbers.py"}


def test_a_kept_file_gives_back_what_was_kept_for_that_key_alone(tmp_path: Path) -> None:
    files = CheckedFiles(tmp_path, "kernel")
    files.save(("int64",), b"machine code")
    assert files.load(("int64",)) == b"machine code"
    assert files.load(("float64",)) is None
    files.flush()
    assert files.load(("int64",)) is None


def test_kept_machine_code_of_the_whole_line_loads_without_the_compiler() -> None:
    load = "import sys\nfrom research.warming import WHAT, warm\nfor part in WHAT: warm(part)\n"
    in_process(load)
    assert in_process(load + "print('numba.np.linalg' in sys.modules)") == "False"


def test_a_rule_computes_what_it_says() -> None:
    @njit
    def double(value: float) -> float:
        return 2.0 * value

    assert double(4.0) == 8.0


@pytest.mark.parametrize("array", [np.arange(4), np.arange(8)[::2], np.arange(4, dtype=np.int32)])
def test_a_column_is_contiguous_and_of_its_type(array: np.ndarray) -> None:
    taken = column(array, np.dtype(np.int64))
    assert taken.flags.c_contiguous
    assert taken.dtype == np.int64
    assert taken.tolist() == array.tolist()


def test_columns_that_a_kernel_may_take_are_taken_as_they_are() -> None:
    wanted = (("a", np.dtype(np.int64)), ("b", np.dtype(np.float64)), ("c", np.dtype(np.int64)))
    named: dict[str, np.ndarray] = {
        "a": np.arange(3),
        "b": np.zeros(6)[::2],
        "c": np.arange(3, dtype=np.int32),
    }
    taken = columns(named, wanted)
    assert taken[0] is named["a"]
    assert [array.dtype for array in taken] == [dtype for _, dtype in wanted]
    assert all(array.flags.c_contiguous for array in taken)
    assert [array.tolist() for array in taken] == [array.tolist() for array in named.values()]


def test_an_entry_is_looked_up_once_for_each_kind_of_argument() -> None:
    @njit
    def twice(value: float) -> float:
        return 2 * value

    whole, broken = (3,), (2.5,)
    assert entry(twice, whole) is entry(twice, whole)
    assert (entry(twice, whole)(7), entry(twice, broken)(7.5)) == (14, 15.0)


def test_a_readonly_array_shares_its_numbers() -> None:
    array = np.arange(3)
    sealed = readonly(array)
    assert not sealed.flags.writeable
    assert array.flags.writeable
    assert np.shares_memory(array, sealed)
