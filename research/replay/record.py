"""Reads back from the record what a run came to."""

from __future__ import annotations

from research.replay.tally import Rows
from shared.digest import CashLine, PositionLine
from shared.store.contract import Store
from shared.tables import BALANCES, NAV, POSITIONS, LedgerAccount


def rows_of(store: Store, run: str) -> Rows:
    """Everything that the digest covers, as the record holds it."""
    positions = store.read_rows(run, POSITIONS.name)
    balances = store.read_rows(run, BALANCES.name)
    names = (
        "account",
        "book",
        "strategy",
        "tag",
        "instrument",
        "quantity",
        "cost_micro",
        "realised_micro",
        "fees_micro",
    )
    return Rows(
        verdicts=store.read_rows(run, "verdicts"),
        orders=store.read_rows(run, "orders"),
        fills=store.read_rows(run, "fills"),
        positions=[
            PositionLine(*line) for line in zip(*(positions[name].tolist() for name in names), strict=True)
        ],
        cash=[
            CashLine(account, currency, amount)
            for account, currency, kind, amount in zip(
                *(
                    balances[name].tolist()
                    for name in ("account", "currency", "ledger_account", "amount_micro")
                ),
                strict=True,
            )
            if kind == LedgerAccount.CASH
        ],
        navs=_last_navs(store, run),
    )


def _last_navs(store: Store, run: str) -> dict[int, int]:
    """Each account's worth at the last close, all owners together."""
    nav = store.read_rows(run, NAV.name)
    last = int(nav["event_time_ns"].max(initial=0))
    worth: dict[int, int] = {}
    names = ("event_time_ns", "account", "nav_micro")
    for time_ns, account, amount in zip(*(nav[name].tolist() for name in names), strict=True):
        if time_ns == last:
            worth[account] = worth.get(account, 0) + amount
    return worth
