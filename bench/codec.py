"""Blocks to bytes and back, one row and a thousand."""

from __future__ import annotations

from pathlib import Path

from bench.measure import Figure, lap
from services.ingest.synthetic.market import MarketPlan
from services.ingest.tape import synthetic_tape
from shared import codec
from shared.block import Block


def measure(folder: Path) -> list[Figure]:
    """Encoding and decoding of ticks."""
    ticks = synthetic_tape(MarketPlan(symbols=20), 1_000).ticks
    figures = []
    for rows in (1, 1_000):
        block = ticks.rows(0, rows)
        figures += _both(block, rows)
    return figures


def _both(block: Block, rows: int) -> list[Figure]:
    payload = codec.encode(block)
    calls = 2_000 if rows == 1 else 200
    about = f"{rows:,} tick{'s' if rows > 1 else ''}, {len(payload):,} bytes"
    return [
        lap(f"encode {about}", calls, lambda: codec.encode(block)),
        lap(f"decode {about}", calls, lambda: codec.decode(payload)),
    ]
