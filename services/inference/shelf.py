"""The models that a process holds: what a child has tried is loaded, what is no longer used is let go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from services.inference.lineup import AND, Lineup
from services.inference.model import Model
from services.inference.processor import InferenceProcessor
from services.inference.routed import RoutedProcessor
from services.inference.sets import EVERY_SECTOR, Entry, ModelSets
from services.inference.shadowed import ShadowedProcessor
from services.inference.source_sealed import folders_of
from services.inference.telling import Telling
from services.inference.trial import Task
from shared.engine.bus import Key
from shared.engine.context import Context
from shared.failures import Refused
from shared.models.vault import place_of
from shared.processor import Processor

MOST_HELD: Final = 12
"""Models in memory: two line-ups and some of the past that a lost bus may ask for again."""


MOST_TRIALS: Final = 2
"""Children at once: a set of many models is tried in turn."""


class Attempt(Protocol):
    """A trial under way."""

    def outcome(self, now_ns: int) -> str | None:
        """None while it runs, nothing for yes, else why not."""
        ...


Trusted = Callable[[], frozenset[str]]
Load = Callable[[Path, frozenset[str]], tuple[str, Model]]
Start = Callable[[Task, int], Attempt]


class Shelf:
    """Every partition of a worker takes its models from here."""

    def __init__(self, context: Context, trusted: Trusted, load: Load, start: Start) -> None:
        self._context, self._trusted, self._load, self._start = context, trusted, load, start
        self._telling = Telling(context)
        self._places: dict[str, Path] = {}
        self._models: dict[str, Model] = {}
        for folder in folders_of(Path(context.plan.model)):
            address, model = load(folder, trusted())
            self._places[address], self._models[address] = folder, model
        self._spec = next(iter(self._models.values())).manifest.spec
        self._trials: dict[str, Attempt] = {}
        self._refused: dict[str, str] = {}
        self.first = Lineup(AND.join(self._places))

    def processor(self, lineup: Lineup) -> Processor:
        """What predicts with this line-up, loaded if it has to be."""
        for address in lineup.all:
            self._model(address)
        most = max(MOST_HELD, 2 * len(lineup.all))
        self._models = {name: self._models[name] for name in list(self._models)[-most:]}
        active = self._answering(lineup.members)
        shadows = [self._answering(layer) for layer in self._layers(lineup.shadows)]
        canary = self._answering(lineup.canaries) if lineup.canary else None
        return ShadowedProcessor(active, shadows, canary) if shadows or canary else active

    def _answering(self, addresses: Sequence[str]) -> Processor:
        """One model for every instrument, or each sector's for its own, all of them held."""
        first = self._model(addresses[0])
        if len(addresses) == 1 and first.manifest.sector == EVERY_SECTOR:
            return InferenceProcessor(first)
        models = {self._folder(address): self._model(address) for address in addresses}
        entries = [Entry(folder, model.manifest) for folder, model in models.items()]
        sets = ModelSets(entries, models.__getitem__, most_held=len(models))
        return RoutedProcessor(sets, self._context.instruments)

    def _layers(self, addresses: Sequence[str]) -> list[list[str]]:
        """As few groups as hold one model a sector and horizon each: every group is one pass."""
        layers: list[dict[tuple[str, int], str]] = []
        for address in addresses:
            about = self._model(address).manifest
            slot = (about.sector, about.horizon_ns)
            layer = next((layer for layer in layers if slot not in layer), None)
            if layer is None:
                layers.append(layer := {})
            layer[slot] = address
        return [list(layer.values()) for layer in layers]

    def look(self, wish: Lineup, now_ns: int) -> None:
        """Begins to try whatever of a line-up is not loaded yet; it never waits."""
        for address in wish.all:
            if len(self._under_way()) >= MOST_TRIALS:
                return
            if address not in self._models and address not in self._trials:
                self._refused.pop(address, None)
                self._trials[address] = self._start(self._task(address), now_ns)

    def _under_way(self) -> list[str]:
        return [name for name in self._trials if name not in self._models and name not in self._refused]

    def ready(self, wish: Lineup, now: Lineup, now_ns: int) -> Lineup | None:
        """What of a wish may be used, once every model of it was tried; None until then."""
        for address in wish.all:
            if address not in self._models and not self._settled(address, now_ns):
                return None
        for address in wish.all:
            self._trials.pop(address, None)
        good = [address for address in wish.all if address in self._models]
        active = wish.active if set(wish.members) <= set(good) else now.active
        serving = active.split(AND)
        canaries = [name for name in wish.canaries if name in good and name not in serving]
        watched = tuple(name for name in wish.shadows if name in good and name not in serving)
        return Lineup(active, watched, AND.join(canaries))

    def refuse(self, error: Refused) -> None:
        """Says that a command leads to nothing."""
        self._telling.refused("command", str(error))

    def took(self, partition: int, after: int, lineup: Lineup) -> None:
        """Says that a partition has changed its models."""
        self._telling.took(partition, after, lineup)

    def ceiling(self, key: Key) -> int:
        """The highest number of a log that any reader has durably acted upon."""
        return self._context.ceiling(key)

    def _settled(self, address: str, now_ns: int) -> bool:
        """Whether it is known by now that a model is good, and loaded, or bad, and said so."""
        if address in self._refused:
            return True
        trial = self._trials.get(address)
        said = trial.outcome(now_ns) if trial is not None else None
        if said is None:
            return False
        try:
            if said:
                raise Refused(said)
            self._model(address)
        except Refused as error:
            self._refused[address] = str(error)
            self._telling.refused("trial" if said else "load", str(error))
        return True

    def _model(self, address: str) -> Model:
        model = self._models.pop(address, None)
        if model is None:
            model = self._load_anew(address)
        self._models[address] = model
        return model

    def _load_anew(self, address: str) -> Model:
        folder = self._folder(address)
        found, model = self._load(folder, self._trusted())
        if found != address:
            raise Refused(f"model {folder} holds another manifest, of address {found}")
        return model

    def _folder(self, address: str) -> Path:
        return self._places.get(address) or place_of(self._context.data, address)

    def _task(self, address: str) -> Task:
        """Its vectors must be those of the model that the run began with."""
        return Task(
            folder=str(self._folder(address)),
            trusted=tuple(sorted(self._trusted())),
            spec=self._spec,
            interval_ns=self._context.plan.interval_ns,
        )
