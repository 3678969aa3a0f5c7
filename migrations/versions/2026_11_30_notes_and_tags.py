"""People write notes on a character and give it tags; a profile that a person corrected says who it was."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.online import add_column, create_index, refuse_while, step

revision = "2026_11_30_notes_and_tags"
down_revision = "2026_11_30_resolution"
branch_labels = None
depends_on = None

TAGS, BY_TAG = "character_tags", "ix_character_tags_search_tag"
# Text on SQLite, too.
TEXTS = {
    "characters": ("notes search_notes", "words"),
    "character_profiles": ("corrected_by", "corrected_by"),
    TAGS: ("character_id search_tag tag", ""),
}


def upgrade() -> None:
    with step("notes and tags"):
        for name in ("notes", "search_notes"):
            add_column("characters", sa.Column(name, sa.Text, nullable=False, server_default=""))
        add_column("character_profiles", sa.Column("corrected_by", sa.String(36)))
        op.create_table(
            TAGS,
            sa.Column("character_id", sa.String(36), nullable=False),
            sa.Column("search_tag", sa.String(240), nullable=False),
            sa.Column("tag", sa.String(240), nullable=False),
            sa.PrimaryKeyConstraint("character_id", "search_tag", name=op.f(f"pk_{TAGS}")),
            sa.ForeignKeyConstraint(
                ["character_id"],
                ["characters.id"],
                name=op.f(f"fk_{TAGS}_character_id_characters"),
                ondelete="CASCADE",
            ),
            if_not_exists=True,
        )
    create_index(BY_TAG, TAGS, ["search_tag", "character_id"])
    for table, (texts, part) in TEXTS.items():
        with step():
            guards.install(table, guards.types(texts=texts), part)


def downgrade() -> None:
    refuse_while(
        "characters WHERE notes <> ''",
        "{found} characters have notes: the older release would lose them. Bring back a backup instead.",
    )
    refuse_while(
        f"{TAGS} WHERE tag <> ''",
        "{found} tags are given: the older release would lose them. Bring back a backup instead.",
    )
    for table, (_texts, part) in TEXTS.items():
        guards.remove(table, part)
    op.drop_index(BY_TAG, TAGS)
    op.drop_table(TAGS)
    op.drop_column("character_profiles", "corrected_by")
    for name in ("search_notes", "notes"):
        op.drop_column("characters", name)
