"""The registry of models, and what happened to each of them."""

import sqlalchemy as sa
from alembic import op

from shared.store.migrations.columns import big, integer, text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables; a sector and horizon have one active model, and no event is ever changed."""
    op.create_table(
        "models",
        text("address"),
        big("model"),
        text("name"),
        integer("version"),
        text("family"),
        text("sector"),
        big("horizon_ns"),
        big("interval_ns"),
        big("spec"),
        text("stage"),
        text("verdict"),
        text("scores"),
        text("lineage"),
        big("trained_from_ns"),
        big("trained_until_ns"),
        big("created_ns"),
        sa.PrimaryKeyConstraint("address", name="models_pkey"),
    )
    op.create_index("models_version", "models", ["name", "version"], unique=True)
    op.create_index("models_number", "models", ["model"], unique=True)
    op.create_index(
        "models_active",
        "models",
        ["sector", "horizon_ns"],
        unique=True,
        postgresql_where=sa.text("stage = 'active'"),
    )
    op.create_table(
        "model_events",
        sa.Column("entry", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        text("address"),
        big("time_ns"),
        text("actor"),
        text("before"),
        text("after"),
        text("why"),
        text("detail"),
        sa.PrimaryKeyConstraint("entry", name="model_events_pkey"),
    )
    op.create_index("model_events_address", "model_events", ["address", "entry"])
    op.execute(
        "CREATE TRIGGER model_events_never_change BEFORE UPDATE OR DELETE ON model_events"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER model_events_never_emptied BEFORE TRUNCATE ON model_events"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Takes them away."""
    op.drop_table("model_events")
    op.drop_table("models")
