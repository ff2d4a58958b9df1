"""What is known beside prices: a run's facts, numbers about companies, and headlines with their tone."""

import sqlalchemy as sa
from alembic import op

from shared.store.migrations.columns import big, double, integer, small, text

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "facts",
        integer("run_id"),
        big("event_time_ns"),
        integer("instrument"),
        small("field"),
        double("value"),
    )
    op.create_index("facts_time", "facts", ["run_id", "event_time_ns"], postgresql_using="brin")
    op.create_table(
        "fundamentals",
        text("vendor"),
        text("symbol"),
        text("name"),
        big("as_of_ns"),
        big("known_ns"),
        double("value"),
        sa.PrimaryKeyConstraint("vendor", "symbol", "name", "as_of_ns", "known_ns", name="fundamentals_pkey"),
    )
    op.create_index("fundamentals_symbol", "fundamentals", ["symbol", "known_ns"])
    op.create_table(
        "headlines",
        text("vendor"),
        text("symbol"),
        text("number"),
        big("time_ns"),
        text("headline"),
        text("summary"),
        text("source"),
        text("url"),
        big("seen_ns"),
        double("tone"),
        text("scorer"),
        sa.PrimaryKeyConstraint("vendor", "symbol", "number", name="headlines_pkey"),
    )
    op.create_index("headlines_symbol", "headlines", ["symbol", "time_ns"])


def downgrade() -> None:
    """Takes them away."""
    op.drop_table("headlines")
    op.drop_table("fundamentals")
    op.drop_table("facts")
