"""Folders of models become candidates, one after another: what fails is told and keeps no other from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from research.registering import admit, row_of
from shared.failures import Refused
from shared.models import registry
from shared.models.registry import By
from shared.models.seal import Sealed
from shared.store.contract import ModelRow, ModelStore

AT_ONCE: Final = 2
"""Children that open models side by side; each wants a processor for seconds."""

Open = Callable[[Path], Sealed]


class Enrolled(NamedTuple):
    """What became of a folder: its model in the registry, or the line that says why there is none."""

    folder: Path
    row: ModelRow | None
    refusal: str = ""
    known: bool = False
    """Whether the registry had it before."""


def enrol(folders: Sequence[Path], take: Open, data: Path, store: ModelStore, by: By) -> Iterator[Enrolled]:
    """Every folder in its order, once it is settled; `take` signs what lies there, or checks who has."""
    known = {row.address: row for row in store.models()}

    def tried(folder: Path) -> Sealed | Refused:
        try:
            sealed = take(folder)
            if sealed.address not in known:
                admit(sealed, data)
        except Refused as refusal:
            return refusal
        return sealed

    with ThreadPoolExecutor(AT_ONCE) as hands:
        for folder, taken in zip(folders, hands.map(tried, folders), strict=True):
            if isinstance(taken, Refused):
                yield Enrolled(folder, None, str(taken))
            elif taken.address in known:
                yield Enrolled(folder, known[taken.address], known=True)
            else:
                row = registry.register(store, row_of(taken, store, by.now_ns), by)
                yield Enrolled(folder, row)
