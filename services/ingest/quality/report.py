"""The data-quality report of a source: what came, what was refused and why, by symbol and day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from services.ingest.quality.checks import Findings
from services.ingest.quality.reasons import MEANING, Reason, is_refused
from shared.market import Instruments
from shared.store.rows import QualityRow
from shared.time import iso

FOLDER: Final = "quality"
_EPOCH: Final = dt.date(1970, 1, 1)


class DayQuality(msgspec.Struct, frozen=True, kw_only=True):
    """A symbol on a UTC day: rows = accepted + refused; noted rows are accepted ones."""

    symbol: str
    day: str
    rows: int
    accepted: int
    refused: int
    noted: int
    missing: int
    complete: float
    first: str
    last: str
    lag_least_ms: float | None
    lag_mean_ms: float | None
    reasons: Mapping[str, int]


class QualityReport(msgspec.Struct, frozen=True, kw_only=True):
    """A source as a whole, and its days."""

    source: str
    rows: int
    accepted: int
    refused: int
    noted: int
    missing: int
    complete: float
    symbols: int
    reasons: Mapping[str, int]
    first_seen: Mapping[str, str]
    days: tuple[DayQuality, ...]

    @property
    def summary(self) -> str:
        """The one line that a status shows."""
        return (
            f"Data quality of {self.source}: {100 * self.complete:.2f}% complete, {self.rows} rows, "
            f"{self.refused} refused, {self.noted} noted, {self.missing} missing"
        )


def report(source: str, findings: Findings, instruments: Instruments) -> QualityReport:
    """What the checks of a source have found so far."""
    lines = findings.lines
    order = np.lexsort((lines["day"], lines["instrument"]))
    by_line: dict[int, dict[str, int]] = {}
    for entry in findings.counts:
        name = Reason(int(entry["code"])).name
        by_line.setdefault(int(entry["line"]), {})[name] = int(entry["count"])
    days = tuple(_day(lines[i], by_line.get(i, {}), instruments) for i in order.tolist())
    rows, accepted, missing = (findings.total(name) for name in ("rows", "accepted", "missing"))
    return QualityReport(
        source=source,
        rows=rows,
        accepted=accepted,
        refused=findings.total("refused"),
        noted=findings.total("noted"),
        missing=missing,
        complete=_complete(accepted, rows, missing),
        symbols=len(np.unique(lines["instrument"])),
        reasons=_totals(by_line.values()),
        first_seen=_first_seen(findings),
        days=days,
    )


def problems(told: QualityReport) -> list[str]:
    """Why a report contradicts itself; empty when its counts add up."""
    found = []
    for name in ("rows", "accepted", "refused", "noted", "missing"):
        total = sum(getattr(day, name) for day in told.days)
        if total != getattr(told, name):
            found.append(f"the days' {name} are {total}, the source says {getattr(told, name)}")
    refusals = sum(count for name, count in told.reasons.items() if is_refused(Reason[name]))
    if told.accepted + told.refused != told.rows:
        found.append(f"{told.accepted} accepted and {told.refused} refused are not {told.rows} rows")
    if refusals != told.refused:
        found.append(f"the reasons count {refusals} refusals, the source says {told.refused}")
    return found


def write(told: QualityReport, folder: Path) -> Path:
    """Keeps a report as JSON beside the lake; the same source's older one is replaced."""
    name = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in told.source)
    return write_at(told, folder / FOLDER / f"{name}.json")


def write_at(told: QualityReport, path: Path) -> Path:
    """Keeps a report in a file of its own; it is there as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1))
    unfinished.replace(path)
    return path


def read(path: Path) -> QualityReport:
    """A report that `write` kept."""
    return msgspec.json.decode(path.read_bytes(), type=QualityReport)


def rows_of(told: QualityReport) -> list[QualityRow]:
    """The days of a report as the store keeps them."""
    return [
        QualityRow(
            source=told.source,
            symbol=day.symbol,
            day=day.day,
            rows=day.rows,
            accepted=day.accepted,
            refused=day.refused,
            noted=day.noted,
            missing=day.missing,
            complete=day.complete,
            reasons=msgspec.json.encode(day.reasons).decode(),
        )
        for day in told.days
    ]


def show(told: QualityReport, width: int = 100) -> str:
    """The report as a table for the terminal: reasons first, then the worst days."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=width, no_color=True)
    reasons = Table("reason", "rows", "first seen", "what it means", title=told.summary, title_justify="left")
    for name, count in sorted(
        told.reasons.items(), key=lambda item: (not is_refused(Reason[item[0]]), -item[1])
    ):
        verb = "refused" if is_refused(Reason[name]) else "noted"
        reasons.add_row(f"{verb} {name}", str(count), told.first_seen[name], MEANING[Reason[name]])
    days = Table("symbol", "day", "rows", "refused", "noted", "missing", "complete", "found")
    for day in worst(told):
        found = ", ".join(f"{name} {count}" for name, count in day.reasons.items())
        days.add_row(
            day.symbol, day.day, str(day.rows), str(day.refused), str(day.noted), str(day.missing),
            f"{100 * day.complete:.2f}%", found,
        )  # fmt: skip
    with console.capture() as caught:
        console.print(reasons if told.reasons else told.summary)
        if days.row_count:
            console.print(days)
    return caught.get()


def worst(told: QualityReport, most: int = 20) -> list[DayQuality]:
    """The days with findings, those with the most refusals first."""
    doubtful = [day for day in told.days if day.reasons or day.missing]
    return sorted(doubtful, key=lambda day: (-day.refused, -day.missing, -day.noted, day.symbol, day.day))[
        :most
    ]


def _day(line: Any, reasons: Mapping[str, int], instruments: Instruments) -> DayQuality:
    number = int(line["instrument"])
    rows, accepted, missing, lags = (int(line[name]) for name in ("rows", "accepted", "missing", "lag_rows"))
    return DayQuality(
        symbol=instruments[number].symbol if number in instruments else f"#{number}",
        day=(_EPOCH + dt.timedelta(days=_clamped(int(line["day"])))).isoformat(),
        rows=rows,
        accepted=accepted,
        refused=int(line["refused"]),
        noted=int(line["noted"]),
        missing=missing,
        complete=_complete(accepted, rows, missing),
        first=iso(int(line["first_ns"])) if accepted else "",
        last=iso(int(line["last_ns"])) if accepted else "",
        lag_least_ms=int(line["lag_least_ns"]) / 1e6 if lags else None,
        lag_mean_ms=int(line["lag_sum_ns"]) / lags / 1e6 if lags else None,
        reasons=dict(sorted(reasons.items())),
    )


def _complete(accepted: int, rows: int, missing: int) -> float:
    """The share of the rows that should be there and are usable."""
    wanted = rows + max(0, missing)
    return accepted / wanted if wanted else 1.0


def _clamped(day: int) -> int:
    """A day that the calendar knows; impossible times lie on its first or last."""
    return min(max(day, -719_162), 2_932_896)


def _totals(lines: Iterable[Mapping[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for line in lines:
        for name, count in line.items():
            totals[name] = totals.get(name, 0) + count
    return dict(sorted(totals.items(), key=lambda item: Reason[item[0]]))


def _first_seen(findings: Findings) -> dict[str, str]:
    firsts: dict[str, int] = {}
    for entry in findings.counts:
        name, time_ns = Reason(int(entry["code"])).name, int(entry["first_ns"])
        firsts[name] = min(firsts.get(name, time_ns), time_ns)
    return {name: iso(_shown(time_ns)) for name, time_ns in sorted(firsts.items())}


def _shown(time_ns: int) -> int:
    return min(max(time_ns, -(1 << 61)), 1 << 62)
