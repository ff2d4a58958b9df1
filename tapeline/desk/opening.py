"""The key of the gateway's first client: made once, shown once, kept only as a digest."""

from __future__ import annotations

import time
from pathlib import Path

from services.api.keys import first_key
from shared.store.postgres import PostgresStore


def key_to_show(db: str, data: Path, chosen: str) -> str | None:
    """The key of the first client if it has just been made; None if there was one, or one was chosen."""
    store = PostgresStore(db, data)
    try:
        return first_key(store, time.time_ns(), chosen)
    finally:
        store.close()
