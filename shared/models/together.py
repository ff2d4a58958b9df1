"""Models that are active together, as one file: their addresses, under the hash of that list.

Each model lies where it lay and is opened by its own seal; the list is what nobody may change.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shared.failures import Refused
from shared.models.seal import MANIFEST
from shared.models.vault import ADDRESS, FOLDER

SUFFIX: Final = ".set"
MOST_BYTES: Final = 64 << 10


def keep_together(data: Path, addresses: Sequence[str]) -> Path:
    """Where these models lie: the folder of one, or the file that lists several."""
    models = data / FOLDER
    if len(addresses) == 1:
        return models / addresses[0]
    content = "".join(f"{address}\n" for address in addresses).encode()
    file = models / f"{hashlib.sha256(content).hexdigest()}{SUFFIX}"
    if not file.exists():
        models.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        with unfinished.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
    return file


def folders_of(model: Path) -> list[Path]:
    """The folders of the models that a path means: its own, those of a list, or a set's two levels below."""
    if model.suffix == SUFFIX and model.is_file():
        return [model.parent / address for address in _listed(model)]
    if (model / MANIFEST).exists():
        return [model]
    return sorted(file.parent for file in model.glob(f"*/*/{MANIFEST}"))


def _listed(file: Path) -> list[str]:
    """The addresses of a list that is still the one of its name."""
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if hashlib.sha256(content).hexdigest() != file.stem:
        raise Refused(f"the list of models {file} is not the one that its name says")
    addresses = content.decode("ascii").split()
    if wrong := [address for address in addresses if not ADDRESS.fullmatch(address)]:
        raise Refused(f"the list of models {file} names {wrong[0][:80]!r}, which is no address")
    return addresses
