"""The figures as people read them: a table in the terminal, and docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.measure import Figure

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench` on {cores} cores ({processor}), Python {python}. Machines differ and so do their
moments: quote ratios and medians. Every figure is the median of its runs, the range beside it.

"""


def table(found: Mapping[str, Sequence[Figure]]) -> str:
    """A Markdown table of all figures."""
    lines = ["| what | measured | range | wanted | how |", "|---|---:|---:|---:|---|"]
    for figures in found.values():
        lines += [_line(figure) for figure in figures]
    return "\n".join(lines)


def write_page(found: Mapping[str, Sequence[Figure]]) -> None:
    """Writes the page of this machine's figures."""
    head = HEAD.format(cores=os.cpu_count(), processor=_processor(), python=platform.python_version())
    PAGE.write_text(head + table(found) + "\n", encoding="utf-8")


def _line(figure: Figure) -> str:
    spread = f"{_number(figure.low)} – {_number(figure.high)}" if figure.high else ""
    how = figure.about or f"{figure.runs} runs"
    return f"| {figure.name} | {_number(figure.value)} {figure.unit} | {spread} | {figure.wanted} | {how} |"


def _number(value: float) -> str:
    if value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _processor() -> str:
    return next(_model_names(), platform.machine())


def _model_names() -> Iterator[str]:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return
    for line in info.read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            yield line.split(":", 1)[1].strip()
