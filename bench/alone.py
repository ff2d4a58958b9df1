"""A group measured in a process of its own: it neither warms nor spoils the next, and may fail alone."""

from __future__ import annotations

import subprocess
import sys
import time

import msgspec

from bench.measure import Figure


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A group's figures, or the one line that says why there are none."""

    figures: list[Figure] = []
    failure: str = ""
    seconds: float = 0.0


def measured_alone(name: str, limit_s: float, command: tuple[str, ...] = ()) -> Found:
    """Runs `python -m bench NAME --json`, or another command that prints the same."""
    words = command or (sys.executable, "-m", "bench", name, "--json")
    started = time.perf_counter()
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return Found(failure=f"given up after {limit_s:.0f} s", seconds=limit_s)
    taken = time.perf_counter() - started
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"no word, exit status {done.returncode}"])[-1]
        return Found(failure=last, seconds=taken)
    sys.stderr.write(done.stderr)
    figures = msgspec.json.decode(done.stdout.splitlines()[-1], type=dict[str, list[Figure]])
    return Found(figures=figures[name], seconds=taken)
