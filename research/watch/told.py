"""What a look tells the process that asked for it: one line of JSON a model."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A measure as it is told: enough for a gauge and a line in the log."""

    kind: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    level: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One model after a look; `silent` says why it could not be measured."""

    model: str
    level: str = ""
    measures: tuple[Shown, ...] = ()
    raised: tuple[str, ...] = ()
    eased: tuple[str, ...] = ()
    silent: str = ""


def lines(told: Iterable[Told]) -> str:
    """The words of a child; a number that is none is written as null."""
    return "".join(f"{msgspec.json.encode(one).decode()}\n" for one in told)


def read(text: str) -> list[Told]:
    """What a child said; a line that is no model's is none of ours."""
    return [msgspec.json.decode(line, type=Told) for line in text.splitlines() if line.startswith("{")]
