"""What the list filters by stands with the character, in the order of each sort; and views can be saved."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.online import add_column, create_index, drop_index, refuse_while, step, write_in_chunks

revision = "2026_11_30_listing"
down_revision = "2026_11_30_marks"
branch_labels = None
depends_on = None

TABLE = "characters"
INDEXES = {
    "ix_characters_newest": ["id", "status", "facets", "search_name"],
    "ix_characters_named": ["search_name", "id", "status", "facets"],
    "ix_characters_changed": ["status_at", "id", "status", "facets", "search_name"],
    "ix_characters_facets": ["status", "facets", "search_name", "id"],
}
NOTED = "ix_characters_noted"
# As `db.repositories.facets` writes them from now on.
OF_ONE = "FROM character_images AS image {join}WHERE image.character_id = characters.id{more}"
WORDS = " UNION ".join(
    f"SELECT {word} AS word {OF_ONE.format(join=join, more=more)}"
    for word, join, more in (
        ("'style:' || image.style", "", ""),
        ("'review:' || image.review", "", ""),
        ("'favourite'", "", " AND image.is_selected"),
        ("'waiting'", "", " AND image.awaits_review"),
        (
            "'provider:' || made.provider",
            "JOIN provider_calls AS made ON made.work_key = image.work_key ",
            "",
        ),
    )
)
JOINED = {
    "sqlite": "group_concat(word, ' ') || ' ' FROM (SELECT word FROM ({0}) ORDER BY word)",
    "postgresql": "string_agg(word, ' ' ORDER BY word COLLATE \"C\") || ' ' FROM ({0}) AS words",
}


def upgrade() -> None:
    with step("what the list filters by"):
        add_column(TABLE, sa.Column("facets", sa.Text(), nullable=False, server_default=""))
        guards.install(TABLE, guards.types(texts="facets"), "listing")
    joined = JOINED[op.get_context().dialect.name].format(WORDS)
    write_in_chunks(
        "what the list filters by",
        TABLE,
        "facets = '' AND EXISTS (SELECT 1 FROM character_images AS any_image "
        "WHERE any_image.character_id = characters.id)",
        f"facets = (SELECT ' ' || {joined})",
    )
    for name, columns in INDEXES.items():
        create_index(name, TABLE, columns)
    create_index(NOTED, TABLE, ["id"], where="search_notes <> ''")
    with step("saved views"):
        op.create_table(
            "saved_views",
            sa.Column("id", sa.String(36), nullable=False),
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("name", sa.String(80), nullable=False),
            sa.Column("address", sa.String(1000), nullable=False),
            sa.Column("created_by", sa.String(36)),
            sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name=op.f("ck_saved_views_view_name_length")),
            sa.ForeignKeyConstraint(
                ["created_by"],
                ["users.id"],
                name=op.f("fk_saved_views_created_by_users"),
                ondelete="SET NULL",
            ),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
            if_not_exists=True,
        )
        texts = guards.types(texts="id name address created_by", moments="created_at")
        guards.install("saved_views", texts)


def downgrade() -> None:
    refuse_while(
        "saved_views WHERE name <> ''",
        "{found} views are saved: the older release would lose them. Delete them first, or bring "
        "back a backup instead.",
    )
    guards.remove(TABLE, "listing")
    for name in (*INDEXES, NOTED):
        drop_index(name, TABLE)
    op.drop_column(TABLE, "facets")
    guards.remove("saved_views")
    op.drop_table("saved_views")
