"""Reads a model's files from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.inference import arrays, manifest
from services.inference.model import Model, verify
from shared.failures import Refused

MANIFEST: Final = "manifest.json"
MOST_BYTES: Final = arrays.MOST_BYTES


@dataclass(frozen=True)
class Files:
    """The bytes of a model as they lie in its folder: nothing of them is trusted yet."""

    manifest: bytes
    artefacts: dict[str, bytes]


def load_model(folder: Path) -> Model:
    """The verified model of a folder."""
    files = read_files(folder)
    return verify(files.manifest, files.artefacts)


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
