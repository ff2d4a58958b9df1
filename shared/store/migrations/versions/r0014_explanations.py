"""Why the predictions behind orders said what they said."""

import sqlalchemy as sa
from alembic import op

from shared.store.migrations.columns import big, double, integer, text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "explanations",
        text("run"),
        big("event_time_ns"),
        integer("instrument"),
        big("model"),
        text("of"),
        double("probability"),
        double("base"),
        double("rest"),
        text("shares"),
        big("made_ns"),
        sa.PrimaryKeyConstraint(
            "run", "event_time_ns", "instrument", "model", "of", name="explanations_pkey"
        ),
    )


def downgrade() -> None:
    """Takes it away."""
    op.drop_table("explanations")
