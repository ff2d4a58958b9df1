"""What a command works with: the settings, the data folder, and the record of the desk that runs there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tapeline.cli.outcome import Unreachable

if TYPE_CHECKING:
    from shared.config import Loaded
    from shared.settings import Settings
    from tapeline.desk.state import DeskState


@dataclass(frozen=True)
class Session:
    """Settings as this command sees them."""

    loaded: Loaded
    data: Path
    flags: Mapping[str, object]

    @property
    def settings(self) -> Settings:
        """The settings themselves."""
        return self.loaded.settings

    def desk(self) -> DeskState | None:
        """The desk that runs on our data folder."""
        from tapeline.desk.state import read_state

        return read_state(self.data)

    @property
    def run(self) -> str:
        """The run that is meant: the one that was named, else that of the desk that runs here."""
        if self.settings.db or self.loaded.origin(("run",)) != "default":
            return self.settings.run
        desk = self.desk()
        return desk.run if desk is not None else self.settings.run

    def db(self) -> str:
        """The address of the record: given, or that of the running desk."""
        if self.settings.db:
            return self.settings.db
        desk = self.desk()
        if desk is None:
            raise Unreachable(
                f"no desk runs on {self.data} and no --db was given; start one with `tapeline up`"
            )
        return desk.db


def session(config: Path | None = None, **given: object) -> Session:
    """Loads the settings with the flags that were given; None means not given."""
    from shared.config import load
    from shared.places import data_folder

    flags = {name.replace("__", "."): _plain(value) for name, value in given.items() if value is not None}
    loaded = load(os.environ, file=config, flags=flags)
    return Session(loaded, data_folder(loaded.settings, os.environ), flags)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
