"""Timing that can be trusted on a noisy machine: several runs, medians, and the spread beside them."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure; `wanted` is the target, with its direction. Without a value it was left out."""

    name: str
    value: float | None
    unit: str
    wanted: str = ""
    low: float = 0.0
    high: float = 0.0
    runs: int = 1
    about: str = ""


def rate(
    name: str, unit: str, rows: int, work: Callable[[], object], runs: int = 5, wanted: str = ""
) -> Figure:
    """Rows a second, the median of some runs after one that does not count."""
    work()
    rates = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        rates.append(rows / (time.perf_counter() - started))
    return figure(name, unit, rates, wanted)


def lap(name: str, calls: int, work: Callable[[], object], runs: int = 7, wanted: str = "") -> Figure:
    """Microseconds a call, the median of some runs of many calls."""
    work()
    laps = []
    for _ in range(runs):
        started = time.perf_counter()
        for _ in range(calls):
            work()
        laps.append((time.perf_counter() - started) / calls * 1e6)
    return figure(name, "µs", laps, wanted)


def figure(name: str, unit: str, values: Sequence[float], wanted: str = "", about: str = "") -> Figure:
    """The median with the lowest and the highest."""
    return Figure(
        name=name,
        value=statistics.median(values),
        unit=unit,
        wanted=wanted,
        low=min(values),
        high=max(values),
        runs=len(values),
        about=about,
    )


def left_out(name: str, unit: str, why: str) -> Figure:
    """A figure that this machine cannot give, and why."""
    print(f"{name}: {why}", file=sys.stderr)
    return Figure(name=name, value=None, unit=unit, runs=0, about=f"left out: {why}")


def quantiles(name: str, seconds: Sequence[float], wanted: tuple[str, str] = ("", "")) -> list[Figure]:
    """Half and 99 of 100 of some durations, in milliseconds."""
    ordered = sorted(seconds)
    about = f"{len(ordered)} samples"

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3

    return [
        Figure(
            name=f"{name}, p50", value=at(0.5), unit="ms", wanted=wanted[0], runs=len(ordered), about=about
        ),
        Figure(
            name=f"{name}, p99", value=at(0.99), unit="ms", wanted=wanted[1], runs=len(ordered), about=about
        ),
    ]
