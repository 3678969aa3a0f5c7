"""How Alembic meets the record: through the connection that `db.migrate` opens and locks."""

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script
from alembic.script.revision import RevisionMap

from db.migrate import check_references, migrating, record_url
from db.models import Base
from db.models.search import is_described

EXPAND_FIRST = "2026_11_29"  # since then a migration only adds, unless it says phase = "contract"


def run_offline() -> None:
    """Print the SQL instead of running it: `alembic upgrade head --sql`."""
    context.configure(url=record_url(), target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Run with the record locked against other migrators; each migration is whole, or not there."""
    attributes = context.config.attributes
    with migrating(attributes.get("url") or record_url(), attributes.get("tell")) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            include_object=is_described,
            render_as_batch=True,
            on_version_apply=finish,
        )
        context.run_migrations()
        connection.commit()


def finish(ctx: MigrationContext, step: MigrationInfo, heads: object, run_args: object) -> None:
    """Commit the migration and its mark, its references checked where it may have copied whole tables."""
    del heads, run_args
    assert ctx.connection is not None
    if step.up_revision_id is not None and may_rebuild(step.revision_map, step.up_revision_id):
        check_references(ctx.connection)
    ctx.connection.commit()


def may_rebuild(scripts: RevisionMap, revision: str) -> bool:
    """Those of before the rule of expanding first, and those that contract; see docs/howto/upgrade.md."""
    script = scripts.get_revision(revision)
    phase = getattr(script.module, "phase", "expand") if isinstance(script, Script) else "contract"
    return phase == "contract" or revision < EXPAND_FIRST


if context.is_offline_mode():
    run_offline()
else:
    run_online()
