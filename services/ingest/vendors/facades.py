"""Facades before real vendors: patience with the real clocks, and a folder for what they said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from services.ingest.vendors.facade import Answer, Limits, Vendor
from services.ingest.vendors.source_http import FolderCache, HttpAsk, the_world
from shared.failures import Refused

OF_LIBRARIES: Final = Limits(per_s=3.0)

Say = Callable[[str], None]


def library_vendor(name: str, say: Say, seed: int) -> Vendor:
    """Patience for a library that asks by itself."""

    def nobody(path: str, params: Mapping[str, str]) -> Answer:
        raise Refused(f"{name} is asked through its library, not for {path}")

    return Vendor(name, nobody, the_world(say, seed), OF_LIBRARIES)


def rest_vendor(
    name: str, url: str, limits: Limits, say: Say, seed: int, cache: Path | None = None
) -> Vendor:
    """A server that is asked for paths; good answers are kept if there is a folder for them."""
    ask = HttpAsk(url, {"User-Agent": "tapeline"}, name)
    return Vendor(name, ask, the_world(say, seed), limits, FolderCache(cache / name) if cache else None)
