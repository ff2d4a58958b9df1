"""A model off the disk: its seal first, then its bytes, which are the very ones that were checked."""

from __future__ import annotations

from pathlib import Path

from services.inference.model import Model, verify
from services.inference.source_model import load_processor
from shared.market import Instruments
from shared.models.seal import open_sealed
from shared.processor import Processor


def load_sealed(folder: Path, trusted: frozenset[str]) -> tuple[str, Model]:
    """The address and the verified model of a folder that somebody trusted has signed."""
    sealed = open_sealed(folder, trusted)
    return sealed.address, verify(sealed.manifest, sealed.files)


def sealed_processor(folder: Path, instruments: Instruments, trusted: frozenset[str]) -> Processor:
    """What predicts with the signed model of a folder, or with the signed models of a set."""
    return load_processor(folder, instruments, lambda place: load_sealed(place, trusted)[1])
