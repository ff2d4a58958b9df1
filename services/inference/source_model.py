"""Reads a model's two files from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.inference import forest_text, manifest
from services.inference.model import Model, verify
from shared.failures import Refused

MANIFEST: Final = "manifest.json"


def load_model(folder: Path) -> Model:
    """The verified model of a folder."""
    content = _read(folder / MANIFEST, manifest.MOST_BYTES)
    artefact = manifest.decode(content).artefact
    return verify(content, _read(folder / artefact, forest_text.MOST_BYTES))


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most_bytes + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}); `tapeline train` makes a model") from None
