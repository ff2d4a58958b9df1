"""What a model says of itself, and what must be true before it is trusted."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from shared.failures import Refused
from shared.ids import text_hash

FORMAT: Final = 1
MOST_BYTES: Final = 4 << 20
CLASSES: Final = ("sell", "hold", "buy")

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$")]


class Reference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row whose answer is known, tried each time the model is loaded."""

    values: tuple[float, ...]
    probabilities: tuple[float, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model's identity: what it is, what it reads, what it says, and how it was made."""

    format: int = FORMAT
    name: str
    family: str
    artefact: FileName
    sha256: Sha256
    features: tuple[str, ...]
    spec: int
    interval_ns: int
    classes: tuple[str, ...] = CLASSES
    label: str
    horizon_ns: Annotated[int, Meta(gt=0)]
    trained_from_ns: int
    trained_until_ns: int
    rows: int
    versions: dict[str, str] = {}
    scores: dict[str, float] = {}
    thresholds: dict[str, float] = {}
    reference: tuple[Reference, ...]

    @property
    def hash(self) -> int:
        """Identity of the model in every prediction."""
        return text_hash(msgspec.json.encode(self, order="sorted").decode())


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
    if manifest.format != FORMAT or manifest.family != "lightgbm":
        found = f"format {manifest.format} of family {manifest.family[:40]}"
        raise Refused(f"manifest has {found}, wanted format {FORMAT} of family lightgbm")
    if manifest.classes != CLASSES or not manifest.reference:
        raise Refused(f"manifest wants classes {', '.join(CLASSES)} and at least one reference row")
    return manifest
