"""How models fare on what they did not learn from."""

import sqlalchemy as sa
from alembic import op

from shared.store.migrations.columns import big, double, text

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "model_health",
        text("run"),
        big("model"),
        big("from_ns"),
        big("until_ns"),
        text("kind"),
        text("name"),
        double("value"),
        double("low"),
        double("high"),
        double("usual"),
        text("level"),
        big("rows"),
        big("measured_ns"),
        sa.PrimaryKeyConstraint("run", "model", "until_ns", "kind", "name", name="model_health_pkey"),
    )


def downgrade() -> None:
    """Takes it away."""
    op.drop_table("model_health")
