"""Where things lie on this machine when nobody says."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from shared.settings import Settings


def data_folder(settings: Settings, environ: Mapping[str, str]) -> Path:
    """The folder that was asked for, else the platform's own place for data."""
    if settings.data:
        return Path(settings.data).expanduser().absolute()
    if environ.get("XDG_DATA_HOME"):
        return Path(environ["XDG_DATA_HOME"]) / "tapeline"
    home = Path(environ.get("HOME") or Path.home())
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "tapeline"
    return home / ".local" / "share" / "tapeline"
