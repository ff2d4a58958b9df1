"""Five models and a meta model on one row and on many, with their own libraries and onnxruntime beside us."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.inference_memory import write_sets
from bench.inference_models import SHAPES, Subject, subject
from bench.inference_peers import sessions
from bench.inference_trained import NAME, trained
from bench.measure import Figure, figure

ROUNDS: Final = 40
CALLS: Final = 200
BATCHES: Final = (500, 10_000)
COMPARED: Final = 2_000

Floats = npt.NDArray[np.float64]
Call = Callable[[Floats], object]


def measure(folder: Path) -> list[Figure]:
    """Each model: ours, then onnxruntime and the libraries on the same rows in turns."""
    promised = trained()
    figures = [*_timed(promised), memory(promised, folder / "sets")]
    for shape in SHAPES:
        tried = subject(shape)
        figures += [difference(tried), *_timed(tried)]
    return figures


def _timed(tried: Subject) -> list[Figure]:
    return [*one_row(tried), *(figure_ for rows in BATCHES for figure_ in many_rows(tried, rows))]


def memory(tried: Subject, folder: Path) -> Figure:
    """A process of its own that holds the model of every sector and horizon."""
    write_sets(folder, tried.model.manifest, tried.files)
    command = [sys.executable, "-m", "bench.inference_memory", str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return Figure(
        name="33 sets in one worker, proportional memory", value=float(told.stdout), unit="MB", wanted="≤ 700"
    )


def difference(tried: Subject) -> Figure:
    """The largest gap between our members (and our whole) and the libraries'."""
    values = tried.values[:COMPARED]
    _, probabilities, answers = tried.model.predictor.answer(values)
    *members, meta = tried.calls
    gaps = [np.abs(answers[:, i] - call(values)).max() for i, call in enumerate(members)]
    said = tried.model.predictor.members(values).reshape(len(values), -1)
    gaps.append(np.abs(probabilities - meta(said)).max())
    largest = float(max(gaps)) * 1e9
    name = f"difference from the libraries, {tried.name}"
    return Figure(name=name, value=largest, unit="billionths", wanted="≤ 1,000", about=f"{COMPARED:,} rows")


def one_row(tried: Subject) -> list[Figure]:
    """Microseconds a row, each engine in its turn; its figure is the median of the turns."""
    rows = [tried.values[i : i + 1] for i in range(CALLS)]
    engines = _engines(tried)
    laps: dict[str, list[float]] = {engine: [] for engine in engines}
    singles: list[float] = []
    for turn in range(ROUNDS):
        for engine, calls in engines.items():
            if engine.startswith("peer: plain") and turn >= 3:
                continue
            asked = rows[: CALLS if not engine.startswith("peer: plain") else 10]
            taken = [_laps(call, asked) for call in calls]
            laps[engine].append(sum(float(np.median(each)) for each in taken))
            if engine == "":
                singles += taken[0]
    figures = [
        figure(f"{engine}one row, p50, {tried.name}", "µs", found, _wanted(tried, engine, "≤ 45"))
        for engine, found in laps.items()
    ]
    tail = float(np.quantile(singles, 0.99))
    figures.insert(
        1,
        Figure(
            name=f"one row, p99, {tried.name}",
            value=tail,
            unit="µs",
            wanted="≤ 150" if tried.name == NAME else "",
            runs=len(singles),
        ),
    )
    return figures


def many_rows(tried: Subject, rows: int) -> list[Figure]:
    """Microseconds a row of a batch, each engine in its turn."""
    values = np.ascontiguousarray(tried.values[:rows])
    engines = _engines(tried)
    laps: dict[str, list[float]] = {engine: [] for engine in engines}
    for turn in range(5):
        for engine, calls in engines.items():
            if turn < 2 or not engine.startswith("peer: plain"):
                laps[engine].append(sum(_laps(call, [values])[0] for call in calls) / rows)
    return [
        figure(f"{engine}{rows:,} rows, {tried.name}", "µs/row", found, "≤ 11" if engine == "" else "")
        for engine, found in laps.items()
    ]


def _engines(tried: Subject) -> dict[str, list[Call]]:
    """Ours, and the peers that are installed, each with the calls that make one answer."""
    engines: dict[str, list[Call]] = {"": [tried.model.predictor.predict]}
    graphs = _graphs(tried)
    if graphs:
        engines["peer: onnxruntime, sum of its models, "] = graphs
    if tried.calls:
        engines["peer: plain library calls, sum of the models, "] = _libraries(tried)
    return engines


def _wanted(tried: Subject, engine: str, limit: str) -> str:
    """One row has a limit for what `tapeline train` makes; other models are held against onnxruntime."""
    if engine:
        return ""
    return limit if tried.name == NAME else "≤ 1.2 × onnxruntime"


def _libraries(tried: Subject) -> list[Call]:
    """Each member's own call on the row, and the meta member's on as many probabilities."""
    *members, meta = tried.calls

    def on_answers(values: Floats) -> object:
        return meta(values[:, : len(members) * 3])

    return [*members, on_answers]


def _graphs(tried: Subject) -> list[Call]:
    made = sessions(tried.parts)
    if made is None:
        print("onnxruntime is not installed: left out (`pip install` the group `bench`)")
        return []
    widths = [len(tried.model.manifest.features)] * (len(made) - 1) + [len(tried.model.manifest.members) * 3]

    def call(run: Callable[[npt.NDArray[np.float32]], object], width: int) -> Call:
        return lambda values: run(values[:, :width].astype(np.float32))

    return [call(run, width) for run, width in zip(made, widths, strict=True)]


def _laps(call: Call, asked: Sequence[Floats]) -> list[float]:
    """Microseconds of each call."""
    found = []
    for values in asked:
        started = time.perf_counter_ns()
        call(values)
        found.append((time.perf_counter_ns() - started) / 1e3)
    return found
