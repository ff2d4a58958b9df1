"""How alembic reaches the record: always through a connection that the caller has opened and locked."""

from alembic import context

from shared.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
