"""Settings, loaded once: tapeline.toml, then TAPELINE_… variables, then flags; all problems in one report."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.config_tree import Leaf, Where, find, is_table, known_paths, nearest
from shared.failures import Refused
from shared.settings import FEEDS, Settings

PREFIX: Final = "TAPELINE_"
CONFIG_VARIABLE: Final = "TAPELINE_CONFIG"
FILE_SUFFIX: Final = "_FILE"
UNREAD_PREFIXES: Final = ("TAPELINE_TEST_", "TAPELINE_CHAOS_")
"""Variables of the test suites, which are no settings."""


@dataclass(frozen=True)
class Given:
    """A value somebody gave, and where it stood."""

    value: object
    origin: str
    text: bool
    """A text (from the environment or a file) is read loosely: '5' may become the number 5."""


class BadConfig(Refused):
    """Settings that cannot be used, with a line for each problem."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Loaded:
    """The settings, and for every value that is not a default where it came from."""

    settings: Settings
    origins: Mapping[Where, str]

    def origin(self, path: Where) -> str:
        """Where this value came from."""
        return self.origins.get(path, "default")


def load(
    environ: Mapping[str, str],
    *,
    file: Path | None = None,
    flags: Mapping[str, object] | None = None,
) -> Loaded:
    """Reads every source, later ones winning, and reports every problem together."""
    problems: list[str] = []
    given: dict[Where, Given] = {}
    given.update(_from_file(_config_file(environ, file, problems), problems))
    given.update(_from_environment(environ, problems))
    for dotted, value in (flags or {}).items():
        given[tuple(dotted.split("."))] = Given(value, f"--{dotted}", isinstance(value, str))
    values = _checked(given, problems)
    settings = _built(values, problems)
    if problems or settings is None:
        raise BadConfig(problems)
    origins = {path: given[path].origin for path in values}
    return Loaded(settings, origins)


def _config_file(environ: Mapping[str, str], file: Path | None, problems: list[str]) -> Path | None:
    named = file or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if named is None:
        usual = Path("tapeline.toml")
        return usual if usual.is_file() else None
    if not named.is_file():
        problems.append(f"no settings file at {named}; `tapeline config example > {named}` writes one")
        return None
    return named


def _from_file(file: Path | None, problems: list[str]) -> Iterator[tuple[Where, Given]]:
    if file is None:
        return
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{file} is not TOML: {error}")
        return
    except OSError as error:
        problems.append(f"{file} cannot be read: {error.strerror}")
        return
    for path, value in _leaves(tree, ()):
        yield path, Given(value, file.name, False)


def _leaves(tree: Mapping[str, object], at: Where) -> Iterator[tuple[Where, object]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*at, key))
        else:
            yield (*at, key), value


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> Iterator[tuple[Where, Given]]:
    for name in sorted(environ, key=lambda name: (not name.endswith(FILE_SUFFIX), name)):
        if not name.startswith(PREFIX) or name == CONFIG_VARIABLE or name.startswith(UNREAD_PREFIXES):
            continue
        path = _path_of(name)
        if find(path) is None and name.endswith(FILE_SUFFIX):
            yield from _from_secret_file(name, environ[name], problems)
        else:
            yield path, Given(environ[name], f"environment {name}", True)


def _from_secret_file(name: str, file: str, problems: list[str]) -> Iterator[tuple[Where, Given]]:
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{name}: the file {file} cannot be read ({type(error).__name__})")
        return
    yield _path_of(name.removesuffix(FILE_SUFFIX)), Given(text, f"file {file}", True)


def _path_of(variable: str) -> Where:
    return tuple(variable.removeprefix(PREFIX).lower().split("__"))


def _checked(given: Mapping[Where, Given], problems: list[str]) -> dict[Where, object]:
    values: dict[Where, object] = {}
    for path, item in given.items():
        leaf = find(path)
        if leaf is None and item.value == {} and is_table(path):
            values[path] = {}
        elif leaf is None:
            problems.append(_unknown(path, item))
        else:
            try:
                values[path] = _converted(leaf, item)
            except msgspec.ValidationError as error:
                problems.append(f"{'.'.join(path)} ({item.origin}): {_sentence(error, leaf, item)}")
    return values


def _converted(leaf: Leaf, item: Given) -> Any:
    value = item.value
    if item.text and leaf.is_list and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if item.text and leaf.is_flag and isinstance(value, str):
        value = value.lower()
    if not item.text and leaf.is_decimal and isinstance(value, int | float):
        value = str(value)
    return msgspec.convert(value, leaf.type, strict=not item.text)


def _unknown(path: Where, item: Given) -> str:
    said = (
        item.origin.removeprefix("environment ") if item.origin.startswith("environment") else ".".join(path)
    )
    where = "" if item.origin.startswith("environment") else f" ({item.origin})"
    close = nearest(path)
    if close is None:
        return f"{said}{where} is no setting; `tapeline config example` lists them all"
    mend = PREFIX + "__".join(close).upper() if item.origin.startswith("environment") else ".".join(close)
    return f"{said}{where} is no setting; did you mean {mend}?"


def _sentence(error: msgspec.ValidationError, leaf: Leaf, item: Given) -> str:
    found = "a secret" if leaf.secret else repr(item.value)
    wanted = str(error).split(" - at `")[0].replace("`", "").replace("Expected ", "wanted ")
    choices = f" (one of {', '.join(leaf.choices)})" if leaf.choices else ""
    return f"found {found}, {wanted}{choices}"


def _built(values: Mapping[Where, object], problems: list[str]) -> Settings | None:
    tree: dict[str, Any] = {}
    for path, value in values.items():
        node = tree
        for key in path[:-1]:
            node = node.setdefault(key, {})
        node[path[-1]] = value
    try:
        settings = msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        problems.append(str(error))
        return None
    problems.extend(contradictions(settings))
    return settings


def contradictions(settings: Settings) -> Iterator[str]:
    """What each value allows alone but not together."""
    if settings.worker.index >= settings.worker.count:
        yield f"worker.index is {settings.worker.index}, but worker.count is only {settings.worker.count}"
    if settings.ingest.source == "tape" and not settings.ingest.tape:
        yield "ingest.source is tape, but ingest.tape names no folder or file"
    feed = settings.ingest.source
    if feed in FEEDS and not settings.ingest.symbols:
        yield f'ingest.source is {feed}, but ingest.symbols is empty; say symbols = ["{FEEDS[feed]}"]'
    if feed == "alpaca" and not (settings.keys.alpaca_key and settings.keys.alpaca_secret):
        yield "ingest.source is alpaca, which wants keys.alpaca_key and keys.alpaca_secret"
    if feed == "polygon" and not settings.keys.polygon:
        yield "ingest.source is polygon, which wants keys.polygon"
    if not settings.accounts:
        yield "accounts is empty; at least one account is needed, for instance [accounts.main]"
    by_id: dict[int, str] = {}
    for name, account in settings.accounts.items():
        other = by_id.setdefault(account.id, name)
        if other != name:
            yield f"accounts.{name}.id is {account.id}, which is already the id of accounts.{other}"


def settings_names() -> tuple[str, ...]:
    """Every setting's dotted name, in the order of the reference."""
    return tuple(".".join(path) for path in known_paths())
