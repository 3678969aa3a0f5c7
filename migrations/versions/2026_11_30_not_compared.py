"""Pictures that wait until a worker has compared them with their photos, found without reading the others."""

from migrations.online import create_index, drop_index, refuse_while

revision = "2026_11_30_not_compared"
down_revision = "2026_11_30_unused_indexes"
branch_labels = None
depends_on = None

TABLE = "character_images"
NAME = "ix_character_images_not_compared"
WAITING = "review_code = 'not_compared'"


def upgrade() -> None:
    create_index(NAME, TABLE, ["id"], where=WAITING)


def downgrade() -> None:
    refuse_while(
        f"{TABLE} WHERE {WAITING}",
        "{found} pictures wait to be compared with their photos, which the older release does not know. Let "
        "a worker with STORYKIN_COMPARE=here do its housekeeping first.",
    )
    drop_index(NAME, TABLE)
