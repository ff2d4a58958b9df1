"""Who may vouch for a model: the key that this data folder signs with, and the keys that it trusts."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.failures import Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FOLDER: Final = "keys"
PRIVATE: Final = "models.key"
TRUSTED: Final = "models.trusted"
KEY: Final = re.compile(r"[0-9a-f]{64}")
OTHERS: Final = 0o077
"""What nobody but the owner may do with a private key."""


def signing_key(data: Path) -> Ed25519PrivateKey:
    """The key of this data folder, made when it is first wanted."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    file = data / FOLDER / PRIVATE
    if not file.exists():
        _make(file, Ed25519PrivateKey.generate().private_bytes_raw().hex())
    if file.stat().st_mode & OTHERS:
        raise Refused(f"{file} can be read by others; `chmod 600` it, or remove it to make another key")
    text = file.read_text(encoding="ascii", errors="replace").strip()
    if not KEY.fullmatch(text):
        raise Refused(f"{file} holds no key of 64 hexadecimal digits")
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))


def public_key(key: Ed25519PrivateKey) -> str:
    """What others need to check our signatures."""
    return key.public_key().public_bytes_raw().hex()


def trusted_keys(data: Path, more: Iterable[str] = ()) -> frozenset[str]:
    """Our own key, those that the data folder lists, and those that the settings name."""
    own = [public_key(signing_key(data))] if (data / FOLDER / PRIVATE).exists() else []
    listed = [line.split()[0] for line in _lines(data / FOLDER / TRUSTED)]
    return frozenset(checked(key) for key in (*own, *listed, *(key for key in more if key)))


def trust(data: Path, key: str, whose: str) -> None:
    """Adds a key to the list of the data folder."""
    file = data / FOLDER / TRUSTED
    lines = [*_lines(file), f"{checked(key)} {' '.join(whose.split())}".rstrip()]
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text("".join(f"{line}\n" for line in dict.fromkeys(lines)), encoding="utf-8")
    unfinished.replace(file)


def checked(key: str) -> str:
    """The key, if it looks like one."""
    if not KEY.fullmatch(key):
        raise Refused(f"{key[:80]!r} is no public key; wanted are 64 hexadecimal digits")
    return key


def _lines(file: Path) -> list[str]:
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _make(file: Path, text: str) -> None:
    """Whole and private from its first moment; whoever comes second takes the first one's key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(f"{text}\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(unfinished, file)
    except FileExistsError:
        return
    finally:
        unfinished.unlink()
