"""API keys: made once, shown once, kept only as a digest, and allowed no more than their scopes."""

from __future__ import annotations

import enum
import hashlib
import secrets
from collections.abc import Iterable
from hmac import compare_digest
from typing import Final

import msgspec

from shared.failures import Refused
from shared.store.contract import ApiKey, DeskStore

PREFIX: Final = "tl"
SECRET_BYTES: Final = 32
SHORTEST_SECRET: Final = 32
FIRST_NAME: Final = "first"


class Scope(enum.StrEnum):
    """What a key may do; every route names one."""

    PUBLIC = "public"
    READ = "read"
    TRADE = "trade"
    KILL = "kill"
    ADMIN = "admin"


class Principal(msgspec.Struct, frozen=True):
    """Who asks, once the key was checked."""

    name: str
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        """Whether the key holds this scope; `admin` holds them all."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


def digest(key: str) -> bytes:
    """What is kept of a key: its secret has 256 bits, so that one fast hash is enough."""
    return hashlib.sha256(key.encode()).digest()


def make_key(store: DeskStore, name: str, scopes: Iterable[Scope], created_ns: int) -> str:
    """A new key of this name; its text is returned here and never again."""
    text = f"{PREFIX}_{name}_{secrets.token_urlsafe(SECRET_BYTES)}"
    save_key(store, name, text, scopes, created_ns)
    return text


def save_key(store: DeskStore, name: str, text: str, scopes: Iterable[Scope], created_ns: int) -> None:
    """Takes a key that somebody chose; a short one is refused."""
    if len(text) < SHORTEST_SECRET:
        raise Refused(f"the API key has {len(text)} characters, at least {SHORTEST_SECRET} are wanted")
    granted = tuple(sorted(scopes))
    store.save_api_key(ApiKey(name=name, digest=digest(text), scopes=granted, created_ns=created_ns))


def first_key(store: DeskStore, created_ns: int, chosen: str = "") -> str | None:
    """The key of the first client, when there was none: to be printed once. A chosen key is only kept."""
    scopes = (Scope.READ, Scope.TRADE, Scope.KILL, Scope.ADMIN)
    if chosen:
        if recognise(store.api_keys(), chosen) is None:
            save_key(store, FIRST_NAME, chosen, scopes, created_ns)
        return None
    if any(not key.revoked for key in store.api_keys()):
        return None
    return make_key(store, FIRST_NAME, scopes, created_ns)


def recognise(keys: Iterable[ApiKey], presented: str) -> Principal | None:
    """Whose key this is; every known key is compared, in constant time each."""
    wanted = digest(presented)
    found: Principal | None = None
    for key in keys:
        if compare_digest(key.digest, wanted) and not key.revoked:
            found = Principal(key.name, frozenset(key.scopes))
    return found
