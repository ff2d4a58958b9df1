"""Writes docs/coverage.md from docs/coverage.toml: every promise of the platform, and what delivers it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

HERE: Final = Path(__file__).parent
NOT_YET: Final = "not yet"
STATUSES: Final = ("delivered", "part", "declined", NOT_YET)
HEAD: Final = """# Coverage

Every promise under its stable id. *Delivered* names the code, test or page that keeps it, *part* says what is
still missing, *declined* says why it will not come, and the rest is *not yet*. This page is written by
`make docs` from [coverage.toml](coverage.toml), and a house test checks that every named file exists.
"""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A promise that is kept, wholly or as far as the note says."""

    where: list[str]
    note: str = ""


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Promises that are numbered together."""

    title: str
    count: int
    topics: dict[str, str]


class Coverage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data of the page."""

    families: dict[str, Family]
    delivered: dict[str, Part] = {}
    part: dict[str, Part] = {}
    declined: dict[str, str] = {}


class Row(NamedTuple):
    """One promise and how it stands."""

    id: str
    topic: str
    status: str
    where: list[str]
    note: str


def load() -> Coverage:
    """The data, checked: an id that no family has is an error."""
    found = msgspec.convert(tomllib.loads((HERE / "coverage.toml").read_text(encoding="utf-8")), Coverage)
    known = {row.id for row in rows(found)}
    said = [*found.delivered, *found.part, *found.declined]
    if strangers := sorted(set(said) - known):
        raise ValueError(f"coverage.toml speaks of {', '.join(strangers)}, which no family has")
    if doubles := sorted({name for name in said if said.count(name) > 1}):
        raise ValueError(f"coverage.toml says two things about {', '.join(doubles)}")
    return found


def rows(found: Coverage) -> Iterator[Row]:
    """Every promise in order."""
    for name, family in found.families.items():
        topic = ""
        for number in range(1, family.count + 1):
            topic = family.topics.get(str(number), topic)
            yield _row(found, f"{name}{number}" if name == "B" else f"{name}-{number}", topic)


def _row(found: Coverage, name: str, topic: str) -> Row:
    for status, parts in (("delivered", found.delivered), ("part", found.part)):
        if name in parts:
            return Row(name, topic, status, parts[name].where, parts[name].note)
    if name in found.declined:
        return Row(name, topic, "declined", [], found.declined[name])
    return Row(name, topic, NOT_YET, [], "")


def render(found: Coverage) -> str:
    """The page."""
    everything = list(rows(found))
    lines = [HEAD, f"| | {' | '.join(STATUSES)} | all |", "|---|---|---|---|---|---|"]
    for name, family in found.families.items():
        lines.append(_count_line(f"{name} {family.title}", [row for row in everything if _is_of(row, name)]))
    lines.append(_count_line("**all**", everything))
    for name, family in found.families.items():
        lines += ["", f"## {name} {family.title}", "", "| id | topic | status | where |", "|---|---|---|---|"]
        lines += [_line(row) for row in everything if _is_of(row, name)]
    return "\n".join(lines) + "\n"


def _is_of(row: Row, family: str) -> bool:
    return row.id.rstrip("0123456789").rstrip("-") == family


def _count_line(title: str, some: list[Row]) -> str:
    counts = [
        sum(row.status == status for row in some) for status in ("delivered", "part", "declined", NOT_YET)
    ]
    return f"| {title} | {' | '.join(map(str, counts))} | {len(some)} |"


def _line(row: Row) -> str:
    links = ", ".join(f"[{path}](../{path})" for path in row.where)
    return f"| {row.id} | {row.topic} | {row.status} | {'; '.join(filter(None, (links, row.note)))} |"


if __name__ == "__main__":
    (HERE / "coverage.md").write_text(render(load()), encoding="utf-8")
