"""What the user sees of a running desk: every log line, and under them the live table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from tapeline.desk.board import board, heading
from tapeline.desk.child import Child
from tapeline.desk.figures import ServiceLine, Trading, service_line
from tapeline.desk.logview import OWN_NAME, LogView
from tapeline.desk.supervisor import Supervisor
from tapeline.desk.trading import TradingReader
from tapeline.desk.vitals import Vitals, ask

NEW_FIGURES_EVERY_S: Final = 1.0


class Screen:
    """Prints logs as they come and keeps the table fresh."""

    def __init__(self, supervisor: Supervisor, reader: TradingReader, gateway: str, console: Console) -> None:
        self._supervisor = supervisor
        self._console = console
        self.gateway = gateway
        self._logs = LogView(supervisor.logs())
        self._reader = reader
        self._trading = Trading()
        self._vitals: dict[str, tuple[float, Vitals]] = {}
        self._due = 0.0
        self._live: Live | None = None

    @contextmanager
    def shown(self, headless: bool) -> Iterator[None]:
        """Shows the table on a terminal; without one, or headless, only the log."""
        try:
            if headless or not self._console.is_terminal:
                yield
                return
            with Live(console=self._console, auto_refresh=False, transient=True) as self._live:
                yield
        finally:
            self._live = None
            self._reader.close()

    def say(self, line: str) -> None:
        """A line of the desk's own."""
        if line:
            self._print(Text.assemble((f"{'':8} {OWN_NAME:<10} ", "bold white"), (line, "bold")))

    def refresh(self) -> None:
        """New log lines at once, new figures every second."""
        for name, line in self._logs.new():
            self._print(self._logs.rendered(name, line))
        if self._live is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + NEW_FIGURES_EVERY_S
        self._trading = self._reader.read() or self._trading
        title = heading(self.gateway, "", self._trading.market_time_ns)
        lines = [self._service(child) for child in self._supervisor.children]
        self._live.update(board(title, self._trading, lines), refresh=True)

    def _print(self, line: Text) -> None:
        """A line; in a file or a pipe it stays one, whatever its length."""
        self._console.print(line, soft_wrap=not self._console.is_terminal)

    def _service(self, child: Child) -> ServiceLine:
        now = ask(child.plan.port) if child.pid else None
        return service_line(child, now, self._rate(child.plan.name, now))

    def _rate(self, name: str, now: Vitals | None) -> float:
        """Rows a second since the last look; a service that started again counts from nothing."""
        if now is None:
            return 0.0
        at = time.monotonic()
        before = self._vitals.get(name)
        self._vitals[name] = (at, now)
        if before is None or before[1].rows_in + before[1].rows_out > now.rows_in + now.rows_out:
            return 0.0
        rows = max(now.rows_in - before[1].rows_in, now.rows_out - before[1].rows_out)
        return rows / max(at - before[0], 0.001)
