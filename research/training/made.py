"""A model as it is made: its artefacts and how their answers become one, before anything is known of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec

from research.dataset.examples import Floats
from services.inference.manifest import Calibration, Combine, Family, Kind, Manifest, Member
from services.inference.members import read
from services.inference.model import parts_of
from services.inference.packing import program
from services.inference.parts import Part
from services.inference.predictor import Predictor

REMEMBERED: Final = 64
"""Artefacts whose arrays are kept: a walk asks the same members several times."""


@dataclass(frozen=True)
class Piece:
    """One artefact: which member it is, and which of the vector's columns it reads (none said: all)."""

    name: str
    kind: Kind
    suffix: str
    content: bytes
    columns: tuple[int, ...] | None = None
    weight: float = 1.0

    @property
    def file(self) -> str:
        """What it is called in the model's folder."""
        return f"{self.name}{self.suffix}"

    def member(self) -> Member:
        """What the manifest says of it."""
        digest = hashlib.sha256(self.content).hexdigest()
        return Member(
            name=self.name,
            kind=self.kind,
            artefact=self.file,
            sha256=digest,
            columns=self.columns,
            weight=self.weight,
        )


@dataclass(frozen=True)
class Made:
    """Everything that the serving engine needs to answer."""

    family: Family
    pieces: tuple[Piece, ...]
    combine: Combine = "single"
    meta: Piece | None = None
    calibration: Calibration | None = None

    @property
    def artefacts(self) -> Mapping[str, bytes]:
        """Every file of the model by its name."""
        pieces = self.pieces if self.meta is None else (*self.pieces, self.meta)
        return {piece.file: piece.content for piece in pieces}

    def manifest(self, features: tuple[str, ...]) -> Manifest:
        """A manifest that says how to answer and nothing else; whoever keeps the model fills it in."""
        return Manifest(
            name="unnamed",
            family=self.family,
            members=tuple(piece.member() for piece in self.pieces),
            combine=self.combine,
            meta=None if self.meta is None else self.meta.member(),
            calibration=self.calibration,
            features=features,
            spec=0,
            interval_ns=1,
            label="",
            horizon_ns=1,
            trained_from_ns=0,
            trained_until_ns=0,
            rows=0,
            reference=(),
        )

    def predictor(self, features: tuple[str, ...]) -> Predictor:
        """The serving engine at work on it."""
        return Predictor(program(self.manifest(features), self.parts(features)))

    def parts(self, features: tuple[str, ...]) -> list[Part]:
        """The arrays of every member, the meta member's last."""
        return parts_of(self.manifest(features), self.artefacts, _read)

    def answers(self, features: tuple[str, ...], values: Floats) -> Floats:
        """Class probabilities as they would be served."""
        return self.predictor(features).predict(values)[1]


def _read(member: Member, content: bytes, names: tuple[str, ...]) -> Part:
    """The member's arrays, parsed once however often it is asked and whatever it weighs."""
    return _parsed(msgspec.structs.replace(member, weight=1.0), content, names)


@lru_cache(REMEMBERED)
def _parsed(member: Member, content: bytes, names: tuple[str, ...]) -> Part:
    return read(member, content, names)
