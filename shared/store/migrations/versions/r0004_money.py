"""A table for each stream of decisions and executions."""

import sqlalchemy as sa
from alembic import op

from shared.store.migrations.columns import big, double, integer, small

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    _control()
    _verdicts()
    _signals()
    _intents()
    _venue_orders()
    _reports()
    _fills()
    _order_events()
    _orders()


def downgrade() -> None:
    """Takes them away."""
    for table in (
        "control",
        "verdicts",
        "signals",
        "intents",
        "venue_orders",
        "reports",
        "fills",
        "order_events",
        "orders",
    ):
        op.drop_table(table)


def _control() -> None:
    op.create_table(
        "control",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        small("command"),
        big("argument"),
        big("actor"),
        sa.PrimaryKeyConstraint(
            "run_id", "account", "event_time_ns", "command", "argument", name="control_pkey"
        ),
    )


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("book"),
        integer("strategy"),
        integer("tag"),
        integer("currency"),
        integer("instrument"),
        small("verdict"),
        small("side"),
        double("probability"),
        double("threshold"),
        big("price"),
        big("position"),
        big("order_id"),
        big("model"),
        double("measured"),
        double("limit"),
    )
    op.create_index("verdicts_time", "verdicts", ["run_id", "event_time_ns"])


def _signals() -> None:
    op.create_table(
        "signals",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("book"),
        integer("strategy"),
        integer("tag"),
        integer("currency"),
        integer("instrument"),
        big("signal_id"),
        small("side"),
        double("probability"),
        big("price"),
        big("stop"),
        big("target"),
        big("quantity"),
        sa.PrimaryKeyConstraint("run_id", "signal_id", name="signals_pkey"),
    )


def _intents() -> None:
    op.create_table(
        "intents",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("book"),
        integer("strategy"),
        integer("tag"),
        integer("currency"),
        integer("instrument"),
        big("order_id"),
        big("signal_id"),
        small("action"),
        small("side"),
        small("kind"),
        small("tif"),
        big("quantity"),
        big("limit_price"),
        big("stop_price"),
        big("bracket_stop"),
        big("bracket_target"),
        big("closes"),
        sa.PrimaryKeyConstraint("run_id", "order_id", "action", "event_time_ns", name="intents_pkey"),
    )


def _venue_orders() -> None:
    op.create_table(
        "venue_orders",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("currency"),
        integer("instrument"),
        big("order_id"),
        small("action"),
        small("side"),
        small("kind"),
        small("tif"),
        big("quantity"),
        big("limit_price"),
        big("stop_price"),
        big("bracket_stop"),
        big("bracket_target"),
        big("closes"),
        sa.PrimaryKeyConstraint("run_id", "order_id", "action", "event_time_ns", name="venue_orders_pkey"),
    )


def _reports() -> None:
    op.create_table(
        "reports",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("currency"),
        integer("instrument"),
        big("order_id"),
        small("leg"),
        small("status"),
        big("exec_id"),
        small("side"),
        big("quantity"),
        big("price"),
        big("fee"),
        big("filled"),
        big("left"),
        small("liquidity"),
        small("reason"),
        sa.PrimaryKeyConstraint(
            "run_id", "order_id", "leg", "event_time_ns", "status", "exec_id", name="reports_pkey"
        ),
    )


def _fills() -> None:
    op.create_table(
        "fills",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("book"),
        integer("strategy"),
        integer("tag"),
        integer("currency"),
        integer("instrument"),
        big("order_id"),
        small("leg"),
        big("exec_id"),
        small("side"),
        big("quantity"),
        big("price"),
        big("fee"),
        small("liquidity"),
        big("left"),
        sa.PrimaryKeyConstraint("run_id", "order_id", "leg", "exec_id", name="fills_pkey"),
    )


def _order_events() -> None:
    op.create_table(
        "order_events",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("instrument"),
        big("order_id"),
        small("leg"),
        small("status"),
        big("filled"),
        big("left"),
        small("reason"),
        sa.PrimaryKeyConstraint(
            "run_id", "order_id", "leg", "event_time_ns", "status", "filled", name="order_events_pkey"
        ),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        integer("run_id"),
        big("event_time_ns"),
        integer("account"),
        integer("instrument"),
        big("order_id"),
        small("leg"),
        small("status"),
        big("filled"),
        big("left"),
        small("reason"),
        sa.PrimaryKeyConstraint("run_id", "order_id", "leg", name="orders_pkey"),
    )
