"""The live table of the desk: equity, positions, last signals, and every service's health."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shared.time import iso
from tapeline.desk.figures import AccountLine, PositionLine, ServiceLine, SignalLine, Trading

STATE_STYLES: Final = {"ready": "green", "starting": "yellow", "waiting": "bold red", "stopped": "dim"}
MOST_POSITIONS: Final = 6
NOTHING: Final = "–"


def board(title: Text, trading: Trading, services: Sequence[ServiceLine]) -> RenderableType:
    """Everything, small enough for one screen."""
    tables = (
        accounts_table(trading.accounts),
        positions_table(trading.positions),
        signals_table(trading.signals),
    )
    money = Columns(tables, padding=(0, 3))
    return Group(title, money, services_table(services))


def heading(gateway: str, key_note: str, market_time_ns: int) -> Text:
    """The line above the tables."""
    clock = iso(market_time_ns)[:19].replace("T", " ") if market_time_ns else "not open yet"
    return Text.assemble(
        ("Tapeline ", "bold cyan"),
        ("market ", "dim"),
        clock,
        ("   gateway ", "dim"),
        (gateway, "underline"),
        key_note,
    )


def accounts_table(accounts: Sequence[AccountLine]) -> Table:
    """What every account is worth."""
    table = _table("Accounts", ("account", "equity", "gain", "orders", "fills"))
    for line in accounts:
        table.add_row(
            str(line.account), f"{line.nav:,.2f}", _gain(line.gain), str(line.orders), str(line.fills)
        )
    return _filled(table)


def positions_table(positions: Sequence[PositionLine]) -> Table:
    """The largest positions."""
    table = _table(f"Positions ({len(positions)})", ("symbol", "quantity", "price", "value", "gain"))
    largest = sorted(positions, key=lambda line: -abs(line.value))[:MOST_POSITIONS]
    for line in largest:
        row = (f"{line.quantity.normalize():f}", f"{line.price.normalize():f}", f"{line.value:,.0f}")
        table.add_row(line.symbol, *row, _gain(line.gain))
    return _filled(table)


def signals_table(signals: Sequence[SignalLine]) -> Table:
    """The last signals."""
    table = _table("Last signals", ("time", "symbol", "side", "p"))
    for line in signals[:MOST_POSITIONS]:
        side = Text("buy", "green") if line.side > 0 else Text("sell", "red")
        table.add_row(iso(line.time_ns)[11:19], line.symbol, side, f"{line.probability:.3f}")
    return _filled(table)


def services_table(services: Sequence[ServiceLine]) -> Table:
    """Every service's health."""
    table = _table("Services", ("service", "state", "up", "restarts", "lag", "behind", "rows/s"))
    for line in services:
        state = Text(line.state, STATE_STYLES.get(line.state, ""))
        restarts = Text(str(line.restarts), "red" if line.restarts else "dim")
        lag = NOTHING if line.lag_blocks is None else f"{line.lag_blocks:.0f}"
        behind = NOTHING if line.lag_s is None else f"{line.lag_s:.2f} s"
        table.add_row(line.name, state, duration(line.uptime_s), restarts, lag, behind, f"{line.rows_s:,.0f}")
    return table


def duration(seconds: float) -> str:
    """A span of time as people say it."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02d}m"
    return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"


def _gain(amount: Decimal) -> Text:
    return Text(f"{amount:+,.2f}", "green" if amount > 0 else "red" if amount < 0 else "dim")


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_style="bold", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        words = column in {"symbol", "service", "state", "side", "time"}
        table.add_column(column, justify="left" if number == 0 or words else "right", no_wrap=True)
    return table


def _filled(table: Table) -> Table:
    if not table.rows:
        table.add_row(*[Text(NOTHING, "dim")] * len(table.columns))
    return table
