"""How much is in the record, and how good it is: rows by source, companies, news, completeness."""

from __future__ import annotations

from itertools import groupby
from typing import Protocol

import msgspec

from shared.store.contract import FactStore, QualityStore
from shared.store.rows import FactCounts, QualityRow


class SourceStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One source of prices."""

    source: str
    symbols: int
    rows: int
    accepted: int
    refused: int
    missing: int
    complete: float
    first_day: str
    last_day: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was kept with `--save`, and what is known beside prices."""

    sources: list[SourceStanding]
    facts: FactCounts
    complete: float


class Keeps(QualityStore, FactStore, Protocol):
    """What a standing is read from."""


def standing(store: Keeps) -> Standing:
    """The record as it stands; complete is the share of the rows there should be that were accepted."""
    rows = store.quality("")
    return Standing(
        sources=[_of(source, list(some)) for source, some in groupby(rows, lambda row: row.source)],
        facts=store.fact_counts(),
        complete=_share(rows),
    )


def show(told: Standing) -> str:
    """For people."""
    lines = [
        f"{one.source:<24} {one.rows:>12,} rows  {one.symbols:>6,} symbols  {one.first_day} to {one.last_day}"
        f"  {one.complete:8.2%} complete"
        for one in told.sources
    ]
    facts = told.facts
    lines.append(f"{'fundamentals':<24} {facts.fundamentals:>12,} numbers of {facts.companies:,} companies")
    lines.append(f"{'news':<24} {facts.headlines:>12,} headlines about {facts.covered:,} symbols")
    if told.sources:
        lines.append(f"Data quality: {told.complete:.2%} complete")
    else:
        lines.append(
            "No prices were judged yet: `tapeline ingest … --save` and `tapeline quality … --save` keep it"
        )
    return "\n".join(lines) + "\n"


def _of(source: str, rows: list[QualityRow]) -> SourceStanding:
    return SourceStanding(
        source=source,
        symbols=len({row.symbol for row in rows}),
        rows=sum(row.rows for row in rows),
        accepted=sum(row.accepted for row in rows),
        refused=sum(row.refused for row in rows),
        missing=sum(row.missing for row in rows),
        complete=_share(rows),
        first_day=min(row.day for row in rows),
        last_day=max(row.day for row in rows),
    )


def _share(rows: list[QualityRow]) -> float:
    wanted = sum(row.rows + row.missing for row in rows)
    return sum(row.accepted for row in rows) / wanted if wanted else 0.0
