"""How Alembic meets the record: through the connection that `db.migrate` opens and locks."""

from alembic import context

from db.migrate import migrating, record_url
from db.models import Base


def run_offline() -> None:
    """Print the SQL instead of running it: `alembic upgrade head --sql`."""
    context.configure(url=record_url(), target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Run inside one locked transaction: all of the way, or nothing."""
    with migrating(context.config.attributes.get("url") or record_url()) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            render_as_batch=True,
        )
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
