"""What alembic runs: the migrations, on the connection that `upgrading` has begun."""

from alembic import context

from ecgstream.storage.written.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite cannot change a column: the table is made anew.
    render_as_batch=True,
)
context.run_migrations()
