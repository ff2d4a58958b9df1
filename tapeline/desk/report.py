"""What `tapeline status` tells about a desk that runs elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from tapeline.desk.board import board, duration
from tapeline.desk.figures import ServiceLine, Trading
from tapeline.desk.state import ServiceState, read_state
from tapeline.desk.trading import TradingReader
from tapeline.desk.vitals import ask


def report(data: Path) -> dict[str, Any] | None:
    """The desk on this folder, or None if none runs."""
    state = read_state(data)
    if state is None:
        return None
    reader = TradingReader(state.db, state.run)
    trading = reader.read() or Trading()
    reader.close()
    services = [_service(service, time.time() - state.started_s) for service in state.services]
    return {
        "pid": state.pid,
        "run": state.run,
        "gateway": state.gateway,
        "uptime_s": round(time.time() - state.started_s, 1),
        "market_time_ns": trading.market_time_ns,
        "accounts": [_fields(line) for line in trading.accounts],
        "positions": [_fields(line) for line in trading.positions],
        "signals": [_fields(line) for line in trading.signals],
        "services": [_fields(line) for line in services],
    }


def printed(found: dict[str, Any]) -> None:
    """The same for people."""
    from tapeline.desk import figures

    trading = Trading(
        found["market_time_ns"],
        tuple(figures.AccountLine(**line) for line in found["accounts"]),
        tuple(figures.PositionLine(**line) for line in found["positions"]),
        tuple(figures.SignalLine(**line) for line in found["signals"]),
    )
    up = duration(found["uptime_s"])
    title = Text.assemble(("Tapeline ", "bold cyan"), f"{found['gateway']}  process {found['pid']}  up {up}")
    Console(highlight=False).print(board(title, trading, [ServiceLine(**line) for line in found["services"]]))


def _service(service: ServiceState, uptime_s: float) -> ServiceLine:
    now = ask(service.port) if service.pid else None
    state = service.state
    if state == "running":
        state = "ready" if now is not None and now.ready else "starting"
    lags = (now.lag_blocks, now.lag_s) if now is not None else (None, None)
    return ServiceLine(service.name, state, uptime_s, service.restarts, *lags, 0.0)


def _fields(line: object) -> dict[str, Any]:
    return dict(vars(line))
