"""The figures as people read them: a table in the terminal, and docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.alone import Found
from bench.measure import Figure

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench` on {cores} cores ({processor}), Python {python}, each group in a process of its
own, one after another. Load of the machine before: {before:.1f}, after: {after:.1f}. Machines differ and
so do their moments: quote ratios and medians. Every figure is the median of its runs, the range beside it;
a peer is another library on the same job in the same run.

"""
TOP = ("| what | measured | range | wanted | how |", "|---|---:|---:|---:|---|")


def table(found: Mapping[str, Found]) -> str:
    """A Markdown table of all figures; a group that failed has a line that says so."""
    return "\n".join([*TOP, *(line for name, part in found.items() for line in _lines(name, part))])


def write_page(found: Mapping[str, Found], loads: tuple[float, float], page: Path = PAGE) -> None:
    """Writes the page of this machine's figures, a table a group."""
    head = HEAD.format(
        cores=os.cpu_count(),
        processor=_processor(),
        python=platform.python_version(),
        before=loads[0],
        after=loads[1],
    )
    parts = [f"## {name}\n\n" + "\n".join([*TOP, *_lines(name, part)]) + "\n" for name, part in found.items()]
    page.write_text(head + "\n".join(parts), encoding="utf-8")


def _lines(name: str, part: Found) -> list[str]:
    if part.failure:
        return [f"| {name} | failed | | | {part.failure.replace('|', '/')} |"]
    return [_line(figure) for figure in part.figures]


def _line(figure: Figure) -> str:
    if figure.value is None:
        return f"| {figure.name} | – | | {figure.wanted} | {figure.about} |"
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
