"""One coloured log out of many: follows every child's file and makes its JSON lines readable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
from rich.text import Text

COLOURS: Final = (
    "cyan",
    "magenta",
    "green",
    "yellow",
    "blue",
    "bright_cyan",
    "bright_magenta",
    "bright_green",
)
LEVEL_STYLES: Final = {
    "debug": "dim",
    "info": "",
    "warning": "yellow",
    "error": "bold red",
    "critical": "bold red",
}
OWN_NAME: Final = "desk"
PARTS_SHOWN_ELSEWHERE: Final = frozenset({"time", "level", "service", "event", "run", "exception"})
MOST_BYTES: Final = 1 << 16


class Follower:
    """Reads what was appended to a file since the last look, whole lines only."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._at = file.stat().st_size if file.exists() else 0
        self._rest = b""

    def lines(self) -> list[str]:
        """The new whole lines; a file that became shorter is read from its start."""
        try:
            size = self._file.stat().st_size
        except FileNotFoundError:
            return []
        if size < self._at:
            self._at, self._rest = 0, b""
        if size == self._at:
            return []
        with self._file.open("rb") as file:
            file.seek(self._at)
            read = file.read(MOST_BYTES)
        self._at += len(read)
        *whole, self._rest = (self._rest + read).split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole if line.strip()]


class LogView:
    """Every child's new lines, in one order and one look."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._followers = {name: Follower(file) for name, file in files.items()}
        self._colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(files)}

    def new(self) -> Iterator[tuple[str, str]]:
        """The lines since the last call, each with the name of who said it."""
        for name, follower in self._followers.items():
            for line in follower.lines():
                yield name, line

    def rendered(self, name: str, line: str) -> Text:
        """One line for people."""
        return rendered(name, line, self._colours.get(name, "white"))


def rendered(name: str, line: str, colour: str) -> Text:
    """A JSON event as time, service, event and fields; any other line as it is."""
    event = _event(line)
    text = Text(no_wrap=False)
    text.append(f"{_clock_of(event)} ", style="dim")
    text.append(f"{name:<10} ", style=colour)
    if event is None:
        return text.append(line)
    style = LEVEL_STYLES.get(str(event.get("level")), "")
    text.append(str(event.get("event", "")), style=style or "bold")
    for key, value in event.items():
        if key not in PARTS_SHOWN_ELSEWHERE:
            text.append(f" {key}=", style="dim").append(str(value), style=style)
    if "exception" in event:
        text.append("\n" + str(event["exception"]).rstrip(), style="red")
    return text


def _event(line: str) -> dict[str, object] | None:
    if not line.startswith("{"):
        return None
    try:
        return msgspec.json.decode(line, type=dict[str, object])
    except msgspec.MsgspecError:
        return None


def _clock_of(event: dict[str, object] | None) -> str:
    moment = str(event.get("time", "")) if event else ""
    return moment[11:19] if len(moment) > 18 else " " * 8
