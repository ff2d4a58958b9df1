"""The settings explained: where each value came from, a documented example, and a JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from shared.config import Loaded
from shared.config_tree import ANY_NAME, Leaf, Where, leaves
from shared.settings import Settings

MASK: Final = "••••••"
PASSWORD: Final = re.compile(r"(?<=://)([^/@\s]*:)([^/@\s]+)(?=@)")
FIRST_NAME: Final = "main"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as it stands."""

    name: str
    value: object
    origin: str


def shown(loaded: Loaded) -> list[Line]:
    """Every setting with its value and origin; secrets are masked."""
    return [
        Line(
            name=".".join(where),
            value=_masked(leaf, _value(loaded.settings, where)),
            origin=loaded.origin(where),
        )
        for leaf in leaves()
        for where in _places(leaf, loaded.settings)
    ]


def schema() -> dict[str, Any]:
    """A JSON Schema of tapeline.toml, for editors."""
    made = msgspec.json.schema(Settings)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "tapeline.toml", **made}


def example() -> str:
    """A tapeline.toml that holds every setting at its default, each with its meaning, all commented out."""
    return "\n".join(_example_lines()).strip() + "\n"


def _example_lines() -> Iterator[str]:
    yield "# Every setting of Tapeline at its default. Remove the # of what you change."
    yield "# TAPELINE_MARKET__SEED=8 in the environment overrides seed of [market];"
    yield "# TAPELINE_DB_FILE=/run/secrets/db reads a secret from a file."
    table: Where = ()
    for leaf in leaves():
        *parents, name = (FIRST_NAME if key == ANY_NAME else key for key in leaf.path)
        if tuple(parents) != table:
            table = tuple(parents)
            yield f"\n[{'.'.join(table)}]"
        choices = f" ({' | '.join(leaf.choices)})" if leaf.choices else ""
        yield f"# {leaf.meaning}{choices}"
        yield f"# {name} = {_toml(leaf.default)}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value) if isinstance(value, int | float) else f'"{value}"'


def _places(leaf: Leaf, settings: Settings) -> Iterator[Where]:
    if ANY_NAME not in leaf.path:
        yield leaf.path
        return
    at = leaf.path.index(ANY_NAME)
    for name in _value(settings, leaf.path[:at]):
        yield (*leaf.path[:at], name, *leaf.path[at + 1 :])


def _value(settings: Settings, where: Where) -> Any:
    value: Any = settings
    for key in where:
        value = value[key] if isinstance(value, dict) else getattr(value, key)
    return value


def _masked(leaf: Leaf, value: Any) -> object:
    """A secret is hidden; an address keeps everything but its password."""
    if not leaf.secret or not value:
        return value
    return PASSWORD.sub(rf"\1{MASK}", value) if "://" in str(value) else MASK
