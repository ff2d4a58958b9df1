"""A table for each stream of the market."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from shared.store.migrations.columns import big, double, integer, small

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _ticks()
    _book_deltas()
    _corporate_actions()
    _quarantine()
    _bars()
    _features()
    _predictions()


def downgrade() -> None:
    """Takes them away."""
    for table in (
        "ticks",
        "book_deltas",
        "corporate_actions",
        "quarantine",
        "bars",
        "features",
        "predictions",
    ):
        op.drop_table(table)


def _ticks() -> None:
    op.create_table(
        "ticks",
        integer("run_id"),
        big("event_time_ns"),
        integer("instrument"),
        small("kind"),
        small("side"),
        integer("conditions"),
        big("bid"),
        big("ask"),
        big("bid_size"),
        big("ask_size"),
        big("price"),
        big("size"),
        big("open"),
        big("high"),
        big("low"),
        big("venue_seq"),
        big("received_ns"),
    )
    op.create_index("ticks_time", "ticks", ["run_id", "event_time_ns"], postgresql_using="brin")


def _book_deltas() -> None:
    op.create_table(
        "book_deltas",
        integer("run_id"),
        big("event_time_ns"),
        integer("instrument"),
        small("side"),
        big("price"),
        big("size"),
        big("venue_seq"),
        small("snapshot"),
    )
    op.create_index("book_deltas_time", "book_deltas", ["run_id", "event_time_ns"], postgresql_using="brin")


def _corporate_actions() -> None:
    op.create_table(
        "corporate_actions",
        integer("run_id"),
        big("event_time_ns"),
        integer("instrument"),
        small("action"),
        big("numerator"),
        big("denominator"),
        big("amount"),
        big("as_of_ns"),
    )
    op.create_index(
        "corporate_actions_time", "corporate_actions", ["run_id", "event_time_ns"], postgresql_using="brin"
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        integer("run_id"),
        big("event_time_ns"),
        integer("instrument"),
        small("reason"),
        big("price"),
        big("size"),
        big("venue_seq"),
    )
    op.create_index("quarantine_time", "quarantine", ["run_id", "event_time_ns"], postgresql_using="brin")


def _bars() -> None:
    op.create_table(
        "bars",
        integer("run_id"),
        big("event_time_ns"),
        integer("instrument"),
        big("interval_ns"),
        big("open"),
        big("high"),
        big("low"),
        big("close"),
        big("volume"),
        big("signed_volume"),
        integer("trades"),
        double("vwap"),
        big("bid"),
        big("ask"),
    )
    op.create_index("bars_time", "bars", ["run_id", "event_time_ns"], postgresql_using="brin")


def _features() -> None:
    op.create_table(
        "features",
        integer("run_id"),
        big("event_time_ns"),
        integer("instrument"),
        big("spec"),
        sa.Column("values", ARRAY(sa.Double()), nullable=False),
    )
    op.create_index("features_time", "features", ["run_id", "event_time_ns"], postgresql_using="brin")


def _predictions() -> None:
    op.create_table(
        "predictions",
        integer("run_id"),
        big("event_time_ns"),
        integer("instrument"),
        big("model"),
        big("horizon_ns"),
        integer("flags"),
        sa.Column("probabilities", ARRAY(sa.Double()), nullable=False),
    )
    op.create_index("predictions_time", "predictions", ["run_id", "event_time_ns"], postgresql_using="brin")
