"""The seal on a model's folder: one signature over the manifest, whose hashes cover every other file.

Nothing in the folder is parsed before the signature holds, and what was checked are the bytes that are used.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from shared.failures import Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
MOST_MANIFEST_BYTES: Final = 16 << 20
MOST_SIGNATURE_BYTES: Final = 1 << 10
MOST_ARTEFACT_BYTES: Final = 64 << 20
MOST_ARTEFACTS: Final = 256
VOUCH: Final = "`tapeline models import --sign` signs a model that you vouch for"

FileName = Annotated[str, Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$")]
Hex = Annotated[str, Meta(pattern="^[0-9a-f]*$")]


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signed, with what, and the signature."""

    algorithm: str = "ed25519"
    key: Annotated[Hex, Meta(min_length=64, max_length=64)]
    signature: Annotated[Hex, Meta(min_length=128, max_length=128)]


class _Artefact(msgspec.Struct, frozen=True):
    artefact: FileName
    sha256: Annotated[Hex, Meta(min_length=64, max_length=64)]


class _Listing(msgspec.Struct, frozen=True):
    """What of a manifest says which files belong to it."""

    members: Annotated[tuple[_Artefact, ...], Meta(min_length=1, max_length=MOST_ARTEFACTS)]
    meta: _Artefact | None = None


class Sealed(msgspec.Struct, frozen=True):
    """A model's bytes, all of them vouched for by one key; the address is the manifest's sha256."""

    address: str
    key: str
    manifest: bytes
    signature: bytes
    files: Mapping[str, bytes]


def sign(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    """The content of the signature's file."""
    signed = Signature(key=key.public_key().public_bytes_raw().hex(), signature=key.sign(manifest).hex())
    return msgspec.json.encode(signed) + b"\n"


def seal(folder: Path, key: Ed25519PrivateKey) -> None:
    """Signs the manifest in a folder, whatever signature lay beside it before."""
    with _opened(folder) as place:
        manifest = _read(folder, place, MANIFEST, MOST_MANIFEST_BYTES)
    unfinished = folder / f".{SIGNATURE}.unfinished"
    unfinished.write_bytes(sign(manifest, key))
    unfinished.replace(folder / SIGNATURE)


def open_sealed(folder: Path, trusted: frozenset[str]) -> Sealed:
    """Every file of a model, once its signature and all hashes hold; else one line that says why."""
    with _opened(folder) as place:
        found = set(os.listdir(place))
        if SIGNATURE not in found and MANIFEST in found:
            raise Refused(f"model {folder} is not signed; {VOUCH}")
        manifest = _read(folder, place, MANIFEST, MOST_MANIFEST_BYTES)
        signature = _read(folder, place, SIGNATURE, MOST_SIGNATURE_BYTES)
        key = _signer(folder, manifest, signature, trusted)
        wanted = _listed(folder, manifest)
        _check_names(folder, found, set(wanted))
        files = {name: _read(folder, place, name, MOST_ARTEFACT_BYTES) for name in wanted}
    for name, sha256 in wanted.items():
        if (other := hashlib.sha256(files[name]).hexdigest()) != sha256:
            raise Refused(f"model {folder}: {name} has sha256 {other}, its manifest says {sha256}")
    return Sealed(hashlib.sha256(manifest).hexdigest(), key, manifest, signature, files)


def _signer(folder: Path, manifest: bytes, content: bytes, trusted: frozenset[str]) -> str:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        signed = msgspec.json.decode(content, type=Signature)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"model {folder}: {SIGNATURE} cannot be read: {error}") from None
    if signed.algorithm != "ed25519":
        raise Refused(f"model {folder} is signed with {signed.algorithm[:40]}, wanted ed25519")
    if signed.key not in trusted:
        raise Refused(
            f"model {folder} is signed with key {signed.key}, which is not trusted; "
            f"`tapeline models trust {signed.key}` trusts it"
        )
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.key)).verify(
            bytes.fromhex(signed.signature), manifest
        )
    except (InvalidSignature, ValueError):
        raise Refused(f"model {folder}: its manifest is not the one that key {signed.key} signed") from None
    return signed.key


def _listed(folder: Path, manifest: bytes) -> dict[str, str]:
    try:
        listing = msgspec.json.decode(manifest, type=_Listing)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"model {folder}: its manifest names no files that can be checked: {error}") from None
    named = [*listing.members, *([listing.meta] if listing.meta else [])]
    names = {part.artefact: part.sha256 for part in named}
    if len(names) < len(named) or names.keys() & {MANIFEST, SIGNATURE}:
        raise Refused(f"model {folder}: its manifest names a file twice, or itself")
    return names


def _check_names(folder: Path, found: set[str], artefacts: set[str]) -> None:
    wanted = artefacts | {MANIFEST, SIGNATURE}
    if missing := sorted(wanted - found):
        raise Refused(f"model {folder} lacks {', '.join(missing)}, which its manifest names")
    if extra := sorted(found - wanted):
        raise Refused(f"model {folder} holds {', '.join(extra[:3])}, which its manifest does not name")


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The folder itself, so that nobody can put another in its place while its files are read."""
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(
            f"model {folder} cannot be opened ({error.strerror}); `tapeline train` makes a model"
        ) from None
    try:
        yield place
    finally:
        os.close(place)


def _read(folder: Path, place: int, name: str, most_bytes: int) -> bytes:
    """A plain file of the folder; a link, a pipe or too much of anything is refused."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(name, flags, dir_fd=place)
    except OSError as error:
        raise Refused(
            f"model {folder}: {name} cannot be read ({error.strerror}); `tapeline train` makes a model"
        ) from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Refused(f"model {folder}: {name} is no plain file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most_bytes + 1)
    finally:
        os.close(handle)
    if len(content) > most_bytes:
        raise Refused(f"model {folder}: {name} has more than {most_bytes} bytes")
    return content
