"""The model that inference is promised for: an ensemble as `tapeline train` makes it, of its own members."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from bench.inference_models import Subject
from bench.training import course_of, rows_like_a_market
from research.families.ensemble import teach
from research.members.lesson import lesson_of
from research.training.reference import references
from research.training.workshop import Workshop
from services.inference import manifest as manifests
from services.inference.model import parts_of, verify
from services.inference.outliers import spread_of

NAME: Final = "as `tapeline train` makes it"
ROWS: Final = 12_000


def trained() -> Subject:
    """The ensemble with the usual settings; it answers as its libraries do, or there is no figure."""
    singles, classes = rows_like_a_market(ROWS)
    course = course_of(lesson_of(singles, classes, seed=1))
    values = singles.astype(np.float64)
    made = teach(course, Workshop(1))
    manifest = msgspec.structs.replace(
        made.manifest(course.names),
        name="bench",
        trained_until_ns=1,
        rows=len(values),
        spread=spread_of(values),
        reference=references(made, course.names, values),
    )
    files = dict(made.artefacts)
    model = verify(manifests.encode(manifest), files)
    return Subject(NAME, model, files, parts_of(manifest, files), [], values)
