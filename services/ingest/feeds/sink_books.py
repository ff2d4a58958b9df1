"""Changes of live books into a lake: a picture, then every change that was applied, minute after minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from services.ingest.feeds.rows import DepthRows, deltas_block
from services.ingest.tape import write_instruments
from shared.failures import Refused
from shared.lake.writer import LakeWriter
from shared.market import Instruments
from shared.time import iso

EVERY_S: Final = 60.0
MOST: Final = 20_000
"""Changes that are written before their minute is over."""
PATIENCE_S: Final = 30.0


class BookRecorder:
    """A thread of its own writes, so that no tick waits for a disk; a crash costs the last minute.

    The file of books begins anew with a picture after a crash, as after every gap, so what is read from it is
    never a book that was not there.
    """

    def __init__(
        self, lake: Path, instruments: Instruments, say: Callable[[str], None], every_s: float = EVERY_S
    ) -> None:
        self._lake, self._say, self._every_s = lake, say, every_s
        self._waiting: list[DepthRows] = []
        self._lock, self._full, self._over, self._gone = Lock(), Event(), Event(), Event()
        write_instruments(lake, instruments)
        self._thread = Thread(target=self._write, name="books", daemon=True)
        self._thread.start()

    def put(self, depth: Sequence[DepthRows]) -> None:
        """Takes changes and pictures in the order of their application, while somebody writes them."""
        with self._lock:
            if self._gone.is_set():
                return
            self._waiting += depth
        if len(self._waiting) >= MOST:
            self._full.set()

    def close(self) -> None:
        """Keeps what is still waiting, and lets the lake go."""
        self._over.set()
        self._full.set()
        self._thread.join(PATIENCE_S)

    def _write(self) -> None:
        try:
            with LakeWriter(self._lake) as writer:
                while not self._over.is_set():
                    self._full.wait(self._every_s)
                    self._full.clear()
                    self._keep(writer)
                self._keep(writer)
        except (OSError, Refused) as error:
            self._give_up()
            self._say(f"books are no longer recorded in {self._lake}: {error}")

    @property
    def waiting(self) -> int:
        """How many changes wait to be written."""
        return len(self._waiting)

    def _give_up(self) -> None:
        """A feed may go on for months: what nobody will write is not kept."""
        with self._lock:
            self._gone.set()
            self._waiting = []

    def _keep(self, writer: LakeWriter) -> None:
        with self._lock:
            depth, self._waiting = self._waiting, []
        rows = deltas_block(depth)
        if len(rows):
            first = iso(int(rows["event_time_ns"].min())).replace(":", "")
            writer.add(rows)
            writer.commit(f"books-{first}", {"rows": len(rows), "changes": len(depth)})
