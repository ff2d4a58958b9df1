"""Runs, and what stages need to keep their promises."""

import sqlalchemy as sa
from alembic import op

from shared.store.migrations.columns import big, binary, integer, text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _runs()
    _kill_state()
    _leases()
    _stages()
    _reader_cursors()
    _journal()
    _outbox()
    _snapshots()
    _dead_letters()


def downgrade() -> None:
    """Takes them away."""
    for table in (
        "runs",
        "kill_state",
        "leases",
        "stages",
        "reader_cursors",
        "journal",
        "outbox",
        "snapshots",
        "dead_letters",
    ):
        op.drop_table(table)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Integer(), sa.Identity(always=True), nullable=False),
        text("run"),
        text("mode"),
        big("config_hash"),
        sa.Column("bus_epoch", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("complete", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("halted", sa.Boolean(), nullable=False, server_default="false"),
        sa.Column("settings", sa.Text(), nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("run_id", name="runs_pkey"),
    )
    op.create_index("runs_run", "runs", ["run"], unique=True)


def _kill_state() -> None:
    op.create_table(
        "kill_state",
        integer("run_id"),
        sa.Column("halted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="kill_state_pkey"),
    )


def _leases() -> None:
    op.create_table(
        "leases",
        integer("run_id"),
        text("name"),
        big("epoch"),
        text("holder"),
        sa.PrimaryKeyConstraint("run_id", "name", name="leases_pkey"),
    )


def _stages() -> None:
    op.create_table(
        "stages",
        integer("run_id"),
        text("stage"),
        integer("partition"),
        big("seq"),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "stage", "partition", name="stages_pkey"),
    )


def _reader_cursors() -> None:
    op.create_table(
        "reader_cursors",
        integer("run_id"),
        text("stage"),
        integer("partition"),
        text("stream"),
        integer("stream_partition"),
        big("seq"),
        big("row"),
        sa.PrimaryKeyConstraint(
            "run_id", "stage", "partition", "stream", "stream_partition", name="reader_cursors_pkey"
        ),
    )


def _journal() -> None:
    op.create_table(
        "journal",
        integer("run_id"),
        text("stage"),
        integer("partition"),
        big("seq"),
        sa.Column("entry", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        binary("payload"),
        sa.PrimaryKeyConstraint("run_id", "stage", "partition", "seq", "entry", name="journal_pkey"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        integer("run_id"),
        text("stream"),
        integer("partition"),
        big("seq"),
        big("prev_seq"),
        big("watermark_ns"),
        binary("payload"),
        sa.PrimaryKeyConstraint("run_id", "stream", "partition", "seq", name="outbox_pkey"),
    )


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        integer("run_id"),
        text("stage"),
        integer("partition"),
        big("seq"),
        binary("sha256"),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "stage", "partition", "seq", name="snapshots_pkey"),
    )


def _dead_letters() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        integer("run_id"),
        text("stage"),
        text("stream"),
        integer("partition"),
        big("seq"),
        text("error"),
        binary("payload"),
        sa.Column("done", sa.Boolean(), nullable=False, server_default="false"),
        sa.PrimaryKeyConstraint("id", name="dead_letters_pkey"),
    )
    op.create_index(
        "dead_letters_place", "dead_letters", ["run_id", "stage", "stream", "partition", "seq"], unique=True
    )
