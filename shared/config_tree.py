"""The settings as a tree of names: what exists, of what type, and what a misspelt name meant."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal, TypeAlias

import msgspec

from shared.settings import Settings

Where: TypeAlias = tuple[str, ...]

ANY_NAME: Final = "*"
"""Stands for the name a user gives to a table, as in accounts.*.cash."""


@dataclass(frozen=True)
class Leaf:
    """One setting: where it stands, what it may be, what it is when nobody says."""

    path: Where
    type: Any
    default: object
    meaning: str
    secret: bool

    @property
    def plain(self) -> Any:
        """The type without its bounds and description."""
        kind = self.type
        while typing.get_origin(kind) is typing.Annotated:
            kind = typing.get_args(kind)[0]
        return kind

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed words, if there are only a few."""
        return typing.get_args(self.plain) if typing.get_origin(self.plain) is Literal else ()

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return typing.get_origin(self.plain) in (tuple, list)

    @property
    def is_flag(self) -> bool:
        """Whether the value is yes or no."""
        return self.plain is bool

    @property
    def is_decimal(self) -> bool:
        """Whether the value is an exact decimal."""
        return self.plain is Decimal


@cache
def leaves() -> tuple[Leaf, ...]:
    """Every setting, in the order of the reference."""
    return tuple(_walk(Settings, ()))


@cache
def _by_path() -> dict[Where, Leaf]:
    return {leaf.path: leaf for leaf in leaves()}


def known_paths() -> tuple[Where, ...]:
    """Where every setting stands."""
    return tuple(_by_path())


def find(path: Where) -> Leaf | None:
    """The setting at this path; a table with a name of its own matches any name."""
    known = _by_path()
    if path in known:
        return known[path]
    return next((leaf for pattern, leaf in known.items() if _matches(pattern, path)), None)


def is_table(path: Where) -> bool:
    """Whether settings stand under this path."""
    return any(len(known) > len(path) and _matches(known[: len(path)], path) for known in known_paths())


def _matches(pattern: Where, path: Where) -> bool:
    pairs = zip(pattern, path, strict=False)
    return len(pattern) == len(path) and all(want in (ANY_NAME, have) for want, have in pairs)


def nearest(path: Where) -> Where | None:
    """The setting that a misspelt path most likely meant."""
    names = {".".join(_with_names_of(pattern, path)): pattern for pattern in known_paths()}
    close = difflib.get_close_matches(".".join(path), names, n=1, cutoff=0.6)
    if close:
        return tuple(close[0].split("."))
    same_last = [name for name in names if name.rsplit(".", 1)[-1] == path[-1]]
    return tuple(same_last[0].split(".")) if len(same_last) == 1 else None


def _with_names_of(pattern: Where, path: Where) -> Where:
    named = (*path, *pattern[len(path) :])
    return tuple(own if want == ANY_NAME else want for want, own in zip(pattern, named, strict=False))


def _walk(section: type[msgspec.Struct], at: Where) -> Iterator[Leaf]:
    hints = typing.get_type_hints(section, include_extras=True)
    for field in msgspec.structs.fields(section):
        hint = hints[field.name]
        nested = _section(hint)
        if nested is None:
            yield _leaf((*at, field.name), hint, field.default)
        elif typing.get_origin(hint) is dict:
            yield from _walk(nested, (*at, field.name, ANY_NAME))
        else:
            yield from _walk(nested, (*at, field.name))


def _section(hint: Any) -> type[msgspec.Struct] | None:
    inner = typing.get_args(hint)[1] if typing.get_origin(hint) is dict else hint
    is_class = isinstance(inner, type) and not isinstance(inner, types.GenericAlias)
    return inner if is_class and issubclass(inner, msgspec.Struct) else None


def _leaf(path: Where, hint: Any, default: object) -> Leaf:
    metas = [meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    meaning = next((meta.description for meta in metas if meta.description), "")
    secret = any((meta.extra or {}).get("secret") for meta in metas)
    return Leaf(path, hint, default, meaning, secret)
