"""Where models lie for good: a folder an address, written whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import threading
from pathlib import Path
from typing import Final

from shared.failures import Refused
from shared.models.seal import MANIFEST, SIGNATURE, Sealed, open_sealed

FOLDER: Final = "models"
ADDRESS: Final = re.compile(r"[0-9a-f]{64}")


def place_of(data: Path, address: str) -> Path:
    """The folder of a model in the data folder."""
    return data / FOLDER / address


def address_at(folder: Path) -> str:
    """The address that a folder's name claims, empty if it is none."""
    return folder.name if ADDRESS.fullmatch(folder.name) else ""


def take(data: Path, address: str, trusted: frozenset[str]) -> Sealed:
    """The bytes of a model, if they are still those of its address."""
    folder = place_of(data, address)
    sealed = open_sealed(folder, trusted)
    if sealed.address != address:
        raise Refused(f"model {folder} holds another manifest, of address {sealed.address}")
    return sealed


def keep(data: Path, sealed: Sealed) -> Path:
    """Puts a model where it belongs, durably; one that is there already is left alone."""
    folder = place_of(data, sealed.address)
    if not folder.exists():
        write_out(sealed, folder)
    return folder


def write_out(sealed: Sealed, folder: Path) -> None:
    """Writes a model beside its place and moves it there in one step."""
    if folder.exists():
        raise Refused(f"{folder} exists already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}-{threading.get_ident()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        for name, content in _parts(sealed):
            with (unfinished / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        _sync(unfinished)
        unfinished.rename(folder)
        _sync(folder.parent)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not (folder / MANIFEST).exists():
            raise


def _parts(sealed: Sealed) -> list[tuple[str, bytes]]:
    return [*sealed.files.items(), (SIGNATURE, sealed.signature), (MANIFEST, sealed.manifest)]


def _sync(folder: Path) -> None:
    """Makes the names in a folder as durable as the files."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
