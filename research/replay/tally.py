"""What a run came to, from its rows: the digest and its parts, the counts and the net asset values."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shared.block import Block
from shared.digest import CashLine, PositionLine, ledger_digest, rows_digest
from shared.money import decimal


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a digest covers, and what is shown beside it."""

    verdicts: Block
    orders: Block
    fills: Block
    positions: list[PositionLine]
    cash: list[CashLine]
    navs: Mapping[int, int]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Counts and digests of a run."""

    verdicts: int
    orders: int
    fills: int
    ledger_sha256: str
    parts: Mapping[str, str]
    nav: str
    navs: Mapping[str, str]


def tally(rows: Rows) -> Tally:
    """The same rows give the same tally, in whatever order they came."""
    streams = {"verdicts": rows.verdicts, "orders": rows.orders, "fills": rows.fills}
    return Tally(
        verdicts=len(rows.verdicts),
        orders=len(rows.orders),
        fills=len(rows.fills),
        ledger_sha256=ledger_digest([rows.verdicts], [rows.orders], [rows.fills], rows.positions, rows.cash),
        parts={name: rows_digest(name, [block])[:16] for name, block in streams.items()},
        nav=str(decimal(sum(rows.navs.values()))),
        navs={str(account): str(decimal(nav)) for account, nav in sorted(rows.navs.items())},
    )
