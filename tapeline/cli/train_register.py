"""`tapeline train --register`: what was trained becomes candidates, each tried in a child of its own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tapeline.cli.enrolled import enrolled
from tapeline.cli.session import Session

if TYPE_CHECKING:
    from research.enrolling import Enrolled


class Registrar:
    """Knows before anything is trained that there is a record to write into."""

    def __init__(self, made: Session) -> None:
        from tapeline.cli.models import opened

        self._made = made
        with opened(made) as store:
            store.models()

    def take(self, rows: list[dict[str, Any]]) -> list[str]:
        """Adds to each line what became of its model; says what to type next."""
        from research.registering import kept
        from shared.models.seal import MANIFEST

        with_model = [row for row in rows if "folder" in row and row["verdict"] != "blocked"]
        there = [row for row in with_model if (Path(row["folder"]) / MANIFEST).exists()]
        folders = [Path(row["folder"]) for row in there]
        done, said = enrolled(self._made, folders, partial(kept, data=self._made.data), "trained")
        for row in rows:
            row["became"] = "no model"
        for row, one in zip(there, done, strict=True):
            row["became"] = _became(one)
            row.update({"refusal": one.refusal} if one.row is None else {"address": one.row.address})
        return said


def _became(one: Enrolled) -> str:
    if one.row is None:
        return f"refused: {one.refusal}"
    return f"{one.row.name}@{one.row.version}, {one.row.stage}"
