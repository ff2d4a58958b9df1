from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numba", "pandas", "numpy", "pyarrow", "lightgbm", "psycopg", "sqlalchemy", "msgspec"}


def tapeline(*words: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAPELINE_")}
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-m", "tapeline", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env={**kept, "PYTHONPATH": root, "HOME": str(folder), "NO_COLOR": "1", **environ},
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--help",), 0),
        (("config", "lint"), 0),
        (("nonsense",), 2),
        (("up", "--speed", "fast"), 2),
        (("config", "lint", "--config", "none.toml"), 3),
        (("positions", "--db", "postgresql://x@/y?host=/nowhere"), 4),
        (("orders",), 4),
        (("replay", "no-such-tape"), 5),
        (("models", "show", "none"), 5),
        (("status",), 4),
        (("down",), 0),
    ],
)
def test_every_end_has_its_code_and_no_user_sees_a_traceback(
    words: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    done = tapeline(*words, folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "words", [("config", "show"), ("config", "schema"), ("doctor", "--port", "0"), ("models", "list")]
)
def test_json_is_all_that_stands_on_stdout(words: tuple[str, ...], tmp_path: Path) -> None:
    json.loads(tapeline(*words, "--json", folder=tmp_path).stdout)


def test_every_problem_of_the_settings_is_one_line(tmp_path: Path) -> None:
    done = tapeline("config", "lint", folder=tmp_path, TAPELINE_RUNN="x", TAPELINE_MARKET__SPEED="-1")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 2
    assert "did you mean TAPELINE_RUN?" in done.stderr


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, tapeline.__main__; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY.isdisjoint(done.stdout.split())


def test_the_written_example_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "tapeline.toml").write_text(tapeline("config", "example", folder=tmp_path).stdout)
    assert tapeline("config", "lint", folder=tmp_path).returncode == 0
