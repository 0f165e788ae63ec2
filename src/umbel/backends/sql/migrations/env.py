"""Run by Alembic: hands it the connection that ``migrate`` has opened."""

from alembic import context

from umbel.backends.sql.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
