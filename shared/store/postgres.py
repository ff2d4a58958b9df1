"""The store in Postgres: one connection for each process or thread."""

from pathlib import Path

from shared.store.postgres_desk import PostgresDesk
from shared.store.postgres_facts import PostgresFacts
from shared.store.postgres_health import PostgresHealth
from shared.store.postgres_keeping import PostgresKeeping
from shared.store.postgres_link import Durability
from shared.store.postgres_models import PostgresModels
from shared.store.postgres_quality import PostgresQuality
from shared.store.postgres_snapshots import PostgresSnapshots


class PostgresStore(
    PostgresSnapshots,
    PostgresDesk,
    PostgresKeeping,
    PostgresQuality,
    PostgresModels,
    PostgresFacts,
    PostgresHealth,
):
    """Keeps everything that must outlive a process; `data` is the folder for large snapshots."""

    def __init__(self, url: str, data: Path, durability: Durability = Durability.LIVE) -> None:
        super().__init__(url, durability)
        self.folder = data / "snapshots"
