"""What people steer and look at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from shared.store.migrations.columns import big, binary, double, integer, text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _instruments()
    _jobs()
    _audit()
    _api_keys()


def downgrade() -> None:
    """Takes them away."""
    for table in (
        "instruments",
        "jobs",
        "audit",
        "api_keys",
    ):
        op.drop_table(table)


def _instruments() -> None:
    op.create_table(
        "instruments",
        integer("run_id"),
        integer("instrument"),
        text("symbol"),
        text("venue"),
        big("valid_from_ns"),
        big("valid_until_ns"),
        text("asset_class"),
        text("currency"),
        sa.Column("tick", sa.Numeric(), nullable=False),
        sa.Column("lot", sa.Numeric(), nullable=False),
        sa.Column("multiplier", sa.Numeric(), nullable=False),
        text("calendar"),
        text("sector"),
        sa.PrimaryKeyConstraint("run_id", "instrument", name="instruments_pkey"),
    )
    op.create_index("instruments_symbol", "instruments", ["run_id", "symbol"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        text("job"),
        text("kind"),
        text("arguments"),
        text("state"),
        double("progress"),
        text("message"),
        text("result"),
        text("worker"),
        big("created_ns"),
        big("updated_ns"),
        sa.PrimaryKeyConstraint("job", name="jobs_pkey"),
    )
    op.create_index("jobs_state", "jobs", ["state", "created_ns"])


def _audit() -> None:
    op.create_table(
        "audit",
        big("entry"),
        text("run"),
        big("time_ns"),
        text("actor"),
        text("action"),
        text("detail"),
        binary("hash"),
        sa.PrimaryKeyConstraint("entry", name="audit_pkey"),
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        text("name"),
        binary("digest"),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        big("created_ns"),
        sa.Column("revoked", sa.Boolean(), nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("name", name="api_keys_pkey"),
    )
