"""Answers that the gateway gives again to a client that asks the same thing twice."""

import sqlalchemy as sa
from alembic import op

from shared.store.migrations.columns import big, binary, text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "replies",
        text("caller"),
        text("key"),
        text("mark"),
        binary("answer"),
        big("created_ns"),
        sa.PrimaryKeyConstraint("caller", "key", name="replies_pkey"),
    )
    op.create_index("replies_created", "replies", ["created_ns"])


def downgrade() -> None:
    """Takes it away."""
    op.drop_table("replies")
