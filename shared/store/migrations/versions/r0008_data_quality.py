"""How good the data of each source was, by symbol and day."""

import sqlalchemy as sa
from alembic import op

from shared.store.migrations.columns import big, double, text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "data_quality",
        text("source"),
        text("symbol"),
        text("day"),
        big("rows"),
        big("accepted"),
        big("refused"),
        big("noted"),
        big("missing"),
        double("complete"),
        text("reasons"),
        sa.PrimaryKeyConstraint("source", "symbol", "day", name="data_quality_pkey"),
    )
    op.create_index("data_quality_day", "data_quality", ["day", "source"])


def downgrade() -> None:
    """Takes it away."""
    op.drop_table("data_quality")
