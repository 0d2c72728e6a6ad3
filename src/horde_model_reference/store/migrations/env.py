"""Runs the migrations on the connection that the store hands over, within its transaction."""

from alembic import context

from horde_model_reference.store.tables import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata)
context.run_migrations()
