"""Reads a model's files from its folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.inference import arrays, manifest
from services.inference.model import Model, verify
from services.inference.processor import InferenceProcessor
from services.inference.routed import RoutedProcessor
from services.inference.sets import Entry, ModelSets
from shared.failures import Refused
from shared.market import Instruments
from shared.processor import Processor

MANIFEST: Final = "manifest.json"
MOST_BYTES: Final = arrays.MOST_BYTES

Load = Callable[[Path], Model]


@dataclass(frozen=True)
class Files:
    """The bytes of a model as they lie in its folder: nothing of them is trusted yet."""

    manifest: bytes
    artefacts: dict[str, bytes]


def load_model(folder: Path) -> Model:
    """The verified model of a folder."""
    files = read_files(folder)
    return verify(files.manifest, files.artefacts)


def load_processor(folder: Path, instruments: Instruments, load: Load = load_model) -> Processor:
    """What predicts with the model of a folder, or with those below it, each sector's for its instruments."""
    below = sorted(file.parent for file in folder.glob(f"*/*/{MANIFEST}"))
    if (folder / MANIFEST).exists() or not below:
        return InferenceProcessor(load(folder))
    manifests = [manifest.decode(_read(each / MANIFEST, manifest.MOST_BYTES)) for each in below]
    sets = ModelSets([Entry(*each) for each in zip(below, manifests, strict=True)], load)
    sets.load_all()
    return RoutedProcessor(sets, instruments)


def read_files(folder: Path) -> Files:
    """The manifest and every artefact that it names."""
    content = _read(folder / MANIFEST, manifest.MOST_BYTES)
    wanted = manifest.decode(content).files
    return Files(content, {name: _read(folder / name, MOST_BYTES) for name in wanted})


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most_bytes + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}); `tapeline train` makes a model") from None
