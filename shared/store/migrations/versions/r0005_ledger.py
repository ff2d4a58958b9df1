"""The ledger."""

import sqlalchemy as sa
from alembic import op

from shared.store.migrations.columns import big, integer, money, small

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _postings()
    _positions()
    _balances()
    _nav()


def downgrade() -> None:
    """Takes them away."""
    for table in (
        "postings",
        "positions",
        "balances",
        "nav",
    ):
        op.drop_table(table)


def _postings() -> None:
    op.create_table(
        "postings",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("book"),
        integer("strategy"),
        integer("tag"),
        integer("currency"),
        integer("instrument"),
        big("posting_id"),
        small("ledger_account"),
        big("exec_id"),
        big("order_id"),
        big("quantity"),
        money("amount"),
        sa.PrimaryKeyConstraint("run_id", "posting_id", "ledger_account", name="postings_pkey"),
    )


def _positions() -> None:
    op.create_table(
        "positions",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("book"),
        integer("strategy"),
        integer("tag"),
        integer("currency"),
        integer("instrument"),
        big("quantity"),
        money("cost"),
        money("realised"),
        money("fees"),
        big("price"),
        money("value"),
        sa.PrimaryKeyConstraint(
            "run_id", "account", "book", "strategy", "tag", "currency", "instrument", name="positions_pkey"
        ),
    )


def _balances() -> None:
    op.create_table(
        "balances",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("currency"),
        small("ledger_account"),
        money("amount"),
        sa.PrimaryKeyConstraint("run_id", "account", "currency", "ledger_account", name="balances_pkey"),
    )


def _nav() -> None:
    op.create_table(
        "nav",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("book"),
        integer("strategy"),
        integer("tag"),
        integer("currency"),
        money("cash"),
        money("value"),
        money("cost"),
        money("gross"),
        money("realised"),
        money("fees"),
        money("nav"),
        sa.PrimaryKeyConstraint(
            "run_id", "event_time_ns", "account", "book", "strategy", "tag", "currency", name="nav_pkey"
        ),
    )
