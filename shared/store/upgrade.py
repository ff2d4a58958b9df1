"""Brings a database to the newest schema, however many processes ask for it at once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from shared.failures import Unavailable

LOCK: Final = 0x7A9E11E
"""The advisory lock that lets one process migrate while the others wait."""


def engine_of(url: str) -> sa.Engine:
    """A SQLAlchemy engine over psycopg for a postgresql:// address, with no pool behind it."""
    address = sa.make_url(url).set(drivername="postgresql+psycopg")
    return sa.create_engine(address, poolclass=sa.NullPool)


def upgrade(url: str) -> None:
    """Runs every migration that the database has not seen."""
    try:
        with engine_of(url).begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            command.upgrade(_config(connection), "head")
    except OperationalError as error:
        raise Unavailable(f"the database cannot be upgraded: {error.orig}") from error


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
