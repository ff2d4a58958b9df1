"""Requests over HTTP for a vendor's facade, and the folder that keeps good answers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.ingest.feeds.extras import wanted
from services.ingest.vendors.facade import Answer, World, trouble_of
from shared.failures import Unavailable
from shared.ids import text_hash

if TYPE_CHECKING:
    import httpx

MOST_BYTES: Final = 64 << 20
"""A body that is longer is no answer."""


class HttpAsk:
    """Asks one server; a body that ends early, or never comes, is no answer at all."""

    def __init__(self, base_url: str, fields: Mapping[str, str], extra: str, timeout_s: float = 10.0) -> None:
        self._httpx = wanted("httpx", extra)
        self._client: httpx.Client = self._httpx.Client(
            base_url=base_url, headers=dict(fields), timeout=timeout_s, follow_redirects=False
        )

    def __call__(self, path: str, params: Mapping[str, str]) -> Answer:
        """The whole answer."""
        try:
            with self._client.stream("GET", path, params=dict(params)) as response:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise Unavailable(f"the answer is longer than {MOST_BYTES >> 20} MB")
                fields = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, fields, bytes(body))
        except (self._httpx.TransportError, self._httpx.DecodingError) as error:
            raise Unavailable(trouble_of(error)) from error

    def close(self) -> None:
        """Lets the connections go."""
        self._client.close()


class FolderCache:
    """Good answers as files, the time of each in its name's file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str) -> tuple[float, bytes] | None:
        """When it was kept, and what."""
        try:
            text = self._path(key).read_bytes()
            head, _, body = text.partition(b"\n")
            return float(head), body
        except (OSError, ValueError):
            return None

    def keep(self, key: str, body: bytes, at_s: float) -> None:
        """Keeps a good answer; a crash leaves the old one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(key)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_bytes(f"{at_s!r}\n".encode() + body)
        unfinished.replace(path)

    def _path(self, key: str) -> Path:
        return self._folder / f"{text_hash(key):016x}.answer"


def the_world(say: Callable[[str], None], seed: int) -> World:
    """The real clocks and real patience; the jitter's seed is an argument."""
    return World(time.monotonic, time.time, time.sleep, random.Random(seed).random, say)
