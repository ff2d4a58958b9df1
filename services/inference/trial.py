"""`python -m services.inference.trial`: a child that opens a model before we do.

It has little memory, little time and no secrets; it says yes by printing the model's number and ending well.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from services.inference.model import Model, verify
from shared import leash
from shared.failures import Refused
from shared.models.seal import open_sealed

MEBIBYTE: Final = 1 << 20
MEMORY_MB: Final = 4_096
"""Room for the compiler's address space; what a model adds to it is a hundredth."""
CPU_S: Final = 100
"""Ends a child even if nobody is left to do so."""


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to try: a folder, whose signature counts, and what a run's vectors look like (0: any)."""

    folder: str
    trusted: tuple[str, ...]
    memory_mb: int = MEMORY_MB
    spec: int = 0
    interval_ns: int = 0


def attempt(task: Task) -> Model:
    """The model, having answered every reference row as it should; else one line why not."""
    sealed = open_sealed(Path(task.folder), frozenset(task.trusted))
    model = verify(sealed.manifest, sealed.files)
    about = model.manifest
    if task.spec and (about.spec, about.interval_ns) != (task.spec, task.interval_ns):
        raise Refused(
            f"model {about.name} wants vectors of spec {about.spec} every {about.interval_ns} ns, "
            f"this run has spec {task.spec} every {task.interval_ns} ns"
        )
    _, probabilities = model.predictor.predict(np.array([row.values for row in about.reference]))
    if not np.isfinite(probabilities).all():
        raise Refused(f"model {about.name} answers its reference rows with what is no number")
    return model


def main(words: list[str]) -> int:
    """Takes the task off the command line; the last line that it prints is the answer."""
    task = msgspec.json.decode(words[0], type=Task)
    limit = task.memory_mb * MEBIBYTE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    leash.tie_to_parent()
    try:
        sys.stdout.write(f"{attempt(task).hash}\n")
    except Refused as error:
        sys.stdout.write(f"{error}\n")
        return 1
    except MemoryError:
        sys.stdout.write(f"model {task.folder} wants more than {task.memory_mb} MiB of memory\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
