"""Where NautilusTrader is, in a virtual environment of its own, and what a child process of it says.

`BENCH_NAUTILUS` names its Python; else `.bench/nautilus` is looked at (see CONTRIBUTING.md).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.feature_peers import Prices, ticks
from bench.measure import Figure, figure, left_out

ROOT: Final = Path(__file__).resolve().parent.parent
SCRIPT: Final = Path(__file__).with_name("nautilus_indicators.py")
SWEEPS: Final = 40
PATIENCE_S: Final = 300
NAME: Final = "peer: NautilusTrader in Rust, 7 of 8, one tick at a time"
MEND: Final = "not found: see CONTRIBUTING.md on NautilusTrader beside the benchmarks"


def nautilus_python(environ: Mapping[str, str], root: Path = ROOT) -> Path | None:
    """The Python that can import it, None where there is none."""
    told = environ.get("BENCH_NAUTILUS")
    python = Path(told) if told else root / ".bench" / "nautilus" / "bin" / "python"
    return python if python.exists() else None


def asked(python: Path, script: Path, *words: str) -> Any:
    """What a script says in JSON, run by that Python and nothing of ours on its path."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [python, script, *words],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S, env=clean,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{script.name}: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def indicators(prices: Prices, folder: Path) -> Figure:
    """Its indicators on the same prices, in the same run."""
    python = nautilus_python(os.environ)
    if python is None:
        return left_out(NAME, "ticks/s", MEND)
    path = folder / "prices.npy"
    np.save(path, np.array(list(ticks(prices, SWEEPS))))
    said = asked(python, SCRIPT, str(path), str(prices.close.shape[1]))
    rates = [said["ticks"] / seconds for seconds in said["seconds"]]
    return figure(NAME, "ticks/s", rates, about=f"version {said['version']}, {len(rates)} runs")
