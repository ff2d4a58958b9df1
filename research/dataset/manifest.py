"""What a data set was made of, so that the same one can be made again or shown to be another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import Meta

from research.dataset.examples import Examples
from shared.block import Block
from shared.digest import rows_digest
from shared.failures import Refused

FORMAT: Final = 1
MOST_BYTES: Final = 1 << 20

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class DatasetManifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data set's identity: tape, feature spec, label, code and rows."""

    format: int = FORMAT
    tape: Sha256
    feature_spec: int
    features: tuple[str, ...]
    label: str
    labels: Sha256
    values: Sha256
    code: Sha256
    rows: Annotated[int, Meta(ge=1)]
    instruments: Annotated[int, Meta(ge=1)]
    from_ns: int
    until_ns: int
    versions: dict[str, str] = {}

    @property
    def hash(self) -> str:
        """One hash of all of it."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def describe(examples: Examples, tape: Block, feature_spec: int, label: str, code: str) -> DatasetManifest:
    """The manifest of examples that were made from a tape of bars by this spec, label and code."""
    if not len(examples):
        raise Refused("a data set without rows has no manifest")
    return DatasetManifest(
        tape=rows_digest(tape.stream.name, [tape]),
        feature_spec=feature_spec,
        features=examples.names,
        label=label,
        labels=_hash_of(examples.classes, examples.returns, examples.end_ns),
        values=_hash_of(examples.values, examples.times_ns, examples.instruments),
        code=code,
        rows=len(examples),
        instruments=len(np.unique(examples.instruments)),
        from_ns=int(examples.times_ns[0]),
        until_ns=int(examples.end_ns.max()),
        versions={"numpy": np.__version__},
    )


def differences(one: DatasetManifest, other: DatasetManifest) -> tuple[str, ...]:
    """The fields in which two data sets differ."""
    return tuple(name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name))


def code_hash(sources: Mapping[str, bytes]) -> str:
    """One hash of source files by name, whatever their order."""
    digest = hashlib.sha256()
    for name in sorted(sources):
        digest.update(f"{name}\0{len(sources[name])}\0".encode())
        digest.update(sources[name])
    return digest.hexdigest()


def read_sources(root: Path, folders: tuple[str, ...]) -> dict[str, bytes]:
    """Every Python file under these folders or files of a project, by its path from the root."""
    files: list[Path] = []
    for folder in folders:
        place = root / folder
        files += [place] if place.is_file() else sorted(place.rglob("*.py"))
    if not files:
        raise Refused(f"there is no source under {', '.join(folders) or 'no folder'}")
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in files}


def encode(manifest: DatasetManifest) -> bytes:
    """The manifest as the JSON that people read."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def decode(content: bytes) -> DatasetManifest:
    """The manifest, or one line that says what is wrong with it."""
    if len(content) > MOST_BYTES:
        raise Refused(f"data set manifest has {len(content)} bytes, at most {MOST_BYTES} are read")
    try:
        manifest = msgspec.json.decode(content, type=DatasetManifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"data set manifest cannot be read: {error}") from None
    if manifest.format != FORMAT:
        raise Refused(f"data set manifest has format {manifest.format}, wanted {FORMAT}")
    return manifest


def _hash_of(*columns: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
    digest = hashlib.sha256()
    for column in columns:
        digest.update(f"{column.dtype.str}{column.shape}".encode())
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
