"""What a model says of itself, and what must be true before it is trusted."""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from services.inference.usual import Profile, wrong_profile
from shared.failures import Refused
from shared.ids import text_hash

FORMAT: Final = 2
MOST_BYTES: Final = 16 << 20
MOST_MEMBERS: Final = 256
MOST_FEATURES: Final = 4_000
CLASSES: Final = ("sell", "hold", "buy")

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$")]
Name = Annotated[str, Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$")]
Kind = Literal["lightgbm", "xgboost", "catboost", "forest", "linear"]
Combine = Literal["single", "mean", "stacked", "blended"]
"""Stacked: what the meta member says; blended: half of that, and half of the members' mean."""
Three = tuple[float, float, float]


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model inside a model: its file, and which of the vector's columns it reads (none said: all)."""

    name: Name
    kind: Kind
    artefact: FileName
    sha256: Sha256
    columns: tuple[int, ...] | None = None
    weight: float = 1.0

    def reads(self, features: int) -> tuple[int, ...]:
        """The columns that it reads, in its own order."""
        return tuple(range(features)) if self.columns is None else self.columns


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Probabilities become softmax(scale * log(probability) + shift); a temperature T is scale 1/T."""

    scale: Three = (1.0, 1.0, 1.0)
    shift: Three = (0.0, 0.0, 0.0)


class Spread(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the training data lay: a row further from it than the limit is an outlier (see `outliers`)."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]
    limit: Annotated[float, Meta(gt=0)]


class Reference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row whose answers the libraries gave: each member's, and the whole's after combining."""

    values: tuple[float, ...]
    members: tuple[Three, ...]
    probabilities: Three


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model's identity: what it is, what it reads, what it says, and how it was made."""

    format: int = FORMAT
    name: Name
    family: Name
    members: Annotated[tuple[Member, ...], Meta(min_length=1, max_length=MOST_MEMBERS)]
    combine: Combine = "single"
    meta: Member | None = None
    calibration: Calibration | None = None
    spread: Spread | None = None
    features: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MOST_FEATURES)]
    spec: int
    interval_ns: Annotated[int, Meta(gt=0)]
    classes: tuple[str, ...] = CLASSES
    label: str
    horizon_ns: Annotated[int, Meta(gt=0)]
    sector: str = ""
    trained_from_ns: int
    trained_until_ns: int
    rows: int
    seed: int = 0
    dataset: str = ""
    verdict: str = ""
    versions: dict[str, str] = {}
    scores: dict[str, float] = {}
    thresholds: dict[str, float] = {}
    reference: Annotated[tuple[Reference, ...], Meta(min_length=1)]
    profile: Profile | UnsetType = UNSET
    """Left out by models from before it was kept, whose hash it must not change."""

    @property
    def hash(self) -> int:
        """Identity of the model in every prediction."""
        return text_hash(msgspec.json.encode(self, order="sorted").decode())

    @property
    def files(self) -> dict[str, str]:
        """Every artefact's name with the hash that its bytes must have."""
        parts = self.members if self.meta is None else (*self.members, self.meta)
        return {part.artefact: part.sha256 for part in parts}


def encode(manifest: Manifest) -> bytes:
    """The manifest as the JSON that people read."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode(content: bytes) -> Manifest:
    """The manifest, or one line that says what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise Refused(f"manifest has {len(content)} bytes, at most {MOST_BYTES} are read")
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"manifest cannot be read: {error}") from None
    if manifest.format != FORMAT:
        raise Refused(f"manifest has format {manifest.format}, wanted {FORMAT}; train the model again")
    if manifest.classes != CLASSES:
        raise Refused(f"manifest wants classes {', '.join(CLASSES)}")
    for wrong in (*_wrong_members(manifest), *_wrong_numbers(manifest)):
        raise Refused(f"manifest of {manifest.name} {wrong}")
    return manifest


def _wrong_members(manifest: Manifest) -> list[str]:
    """What is wrong with the members and how they are combined."""
    wrong = []
    members, width = manifest.members, len(manifest.features)
    parts = members if manifest.meta is None else (*members, manifest.meta)
    if len({part.name for part in parts}) < len(parts) or len(manifest.files) < len(parts):
        wrong.append("names a member or an artefact twice")
    if manifest.combine == "single" and len(members) != 1:
        wrong.append(f"is single and has {len(members)} members")
    if (manifest.combine in ("stacked", "blended")) != (manifest.meta is not None):
        wrong.append(f"combines as {manifest.combine} and has {'a' if manifest.meta else 'no'} meta member")
    if manifest.meta is not None and manifest.meta.columns is not None:
        wrong.append("gives its meta member columns; it reads every member's answer")
    if not (all(0 <= member.weight < math.inf for member in members) and any(m.weight for m in members)):
        wrong.append("weighs its members with negative or only zero weights")
    for member in members:
        reads = member.reads(width)
        if not reads or len(set(reads)) < len(reads) or not all(0 <= column < width for column in reads):
            wrong.append(f"lets member {member.name} read columns that the vector of {width} does not have")
    return wrong


def _wrong_numbers(manifest: Manifest) -> list[str]:
    """Which of its numbers are too many, too few or not finite."""
    wrong = []
    width, spread, calibration = len(manifest.features), manifest.spread, manifest.calibration
    if len(set(manifest.features)) < width:
        wrong.append("names a feature twice")
    if spread and (len(spread.mean) != width or len(spread.sd) != width):
        wrong.append(f"has a spread of {len(spread.mean)} means and {len(spread.sd)} deviations for {width}")
    numbers = [*spread.mean, *spread.sd, spread.limit] if spread else []
    numbers += [*calibration.scale, *calibration.shift] if calibration else []
    for row in manifest.reference:
        if len(row.values) != width or len(row.members) != len(manifest.members):
            wrong.append(f"has a reference row of {len(row.values)} values and {len(row.members)} answers")
        numbers += [*row.values, *row.probabilities, *(one for three in row.members for one in three)]
    if manifest.profile is not UNSET:
        wrong += wrong_profile(manifest.profile, manifest.features)
    if spread and not all(sd > 0 for sd in spread.sd):
        wrong.append("has a spread with a deviation that is not above zero")
    if not all(map(math.isfinite, numbers)):
        wrong.append("has a number that is not finite")
    return wrong
