"""Many models of one run, a sector and a horizon each: found by their manifests, held while in use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from services.inference.manifest import Manifest
from services.inference.model import Model
from shared.failures import Refused
from shared.market import SECTORS

MOST_HELD: Final = 64
"""Models in memory: all sectors and horizons, and as many again."""
EVERY_SECTOR: Final = ""


class Entry(NamedTuple):
    """A model that is known and not necessarily loaded."""

    folder: Path
    manifest: Manifest


class ModelSets:
    """The models of a folder by sector; what was longest unused is let go, and loaded anew when asked for."""

    def __init__(
        self, entries: Sequence[Entry], load: Callable[[Path], Model], most_held: int = MOST_HELD
    ) -> None:
        check(entries)
        self._load, self._most = load, most_held
        self._held: OrderedDict[Path, Model] = OrderedDict()
        self._by_sector: dict[str, list[Entry]] = {}
        for entry in sorted(entries, key=lambda entry: entry.manifest.horizon_ns):
            self._by_sector.setdefault(entry.manifest.sector, []).append(entry)

    @property
    def sectors(self) -> tuple[str, ...]:
        """The sectors that have models of their own; "" is every other one."""
        return tuple(sorted(self._by_sector))

    def sector_of(self, sector: str) -> str | None:
        """Whose models answer for a sector: its own, else those for every sector, else none."""
        for wanted in (sector, EVERY_SECTOR):
            if wanted in self._by_sector:
                return wanted
        return None

    def models(self, sector: str) -> list[Model]:
        """A sector's models, the shortest horizon first."""
        return [self._model(entry) for entry in self._by_sector[sector]]

    def load_all(self) -> None:
        """Every model once, so that a bad one is found before the first row."""
        for sector in self.sectors:
            self.models(sector)

    def _model(self, entry: Entry) -> Model:
        model = self._held.pop(entry.folder, None)
        if model is None:
            model = self._load(entry.folder)
            if model.hash != entry.manifest.hash:
                raise Refused(f"model {entry.folder} is another one than when the run began; start a new run")
        self._held[entry.folder] = model
        if len(self._held) > self._most:
            self._held.popitem(last=False)
        return model


def check(entries: Sequence[Entry]) -> None:
    """One vector for all, known sectors, and no two models for the same sector and horizon."""
    if not entries:
        raise Refused("there is no model; `tapeline train` makes one")
    first, found = entries[0].manifest, dict[tuple[str, int], Path]()
    for folder, manifest in entries:
        if manifest.sector and manifest.sector not in SECTORS:
            raise Refused(f"model {folder} is for sector {manifest.sector}, which is not a known one")
        if (manifest.spec, manifest.features) != (first.spec, first.features):
            raise Refused(f"models {entries[0].folder} and {folder} want different vectors")
        other = found.setdefault((manifest.sector, manifest.horizon_ns), folder)
        if other != folder:
            raise Refused(f"models {other} and {folder} are for the same sector and horizon")
