"""Facts into a lake: what the record knows of its symbols, and files of the market; each row once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from services.ingest.facts.companies import company_facts, news_facts, not_in, vix_facts, yield_facts
from services.ingest.facts.context import Asked, take_in
from services.ingest.facts.index_files import read_vix, read_yields
from services.ingest.tape import read_instruments
from shared.block import Block, join
from shared.digest import rows_digest
from shared.facts import FactRows
from shared.lake.folders import files_of
from shared.lake.parquet import read_stream
from shared.lake.writer import LakeWriter
from shared.store.contract import FactStore
from shared.streams import FACTS
from shared.time import BEFORE_TAPE

NONE = FACTS.empty(watermark_ns=BEFORE_TAPE)


class Added(TypedDict):
    """How many facts are new and how many were there, and what to say once."""

    added: int
    held: int
    notes: list[str]


def read_facts(lake: Path) -> Block:
    """The facts of a lake, by time, subject and field."""
    return read_stream(lake, FACTS) if lake.is_dir() and files_of(lake, FACTS) else NONE


def add_facts(
    lake: Path,
    store: FactStore | None,
    vix: Path | None,
    yields: Path | None,
    context: Sequence[Asked] = (),
) -> Added:
    """Adds what the lake lacks; nothing in it is ever changed."""
    notes: list[str] = []
    told = join([NONE, *_blocks(lake, store, (vix, yields), notes), _files(lake, context, notes)]).sorted()
    with LakeWriter(lake) as writer:
        fresh = not_in(told, read_facts(lake))
        if len(fresh):
            writer.add(fresh)
            writer.commit(
                f"facts-{rows_digest('facts', [fresh])[:16]}", {"facts": len(fresh), "notes": notes}
            )
    return Added(added=len(fresh), held=len(told) - len(fresh), notes=notes)


def _files(lake: Path, context: Sequence[Asked], notes: list[str]) -> Block:
    """Levels of the market and its sectors, and snapshots of companies."""
    rows, known = FactRows(), read_instruments(lake)
    for one in context:
        refused = take_in(one, known, rows)
        if refused:
            notes.append(f"{one.path.name}: {refused:,} values cannot be and were left out")
    return rows.block()


def _blocks(
    lake: Path, store: FactStore | None, files: tuple[Path | None, Path | None], notes: list[str]
) -> Iterator[Block]:
    vix, yields = files
    if store is not None:
        ids = {row.symbol: row.instrument for row in read_instruments(lake)}
        rows, bad = company_facts(store.fundamentals(""), ids)
        if bad:
            notes.append(f"{bad:,} numbers of companies cannot be, and are no facts")
        yield rows.block()
        yield news_facts(store.headlines(""), ids).block()
    if vix is not None:
        tape = read_vix(vix)
        notes += tape.notes
        yield vix_facts(tape.ticks).block()
    if yields is not None:
        curve = read_yields(yields)
        notes += curve.notes
        yield yield_facts(curve).block()
