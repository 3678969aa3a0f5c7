"""Two indexes that nothing asks since the search has its own: of folded names, and of who has notes."""

from migrations.online import create_index, drop_index

revision = "2026_11_30_unused_indexes"
down_revision = "2026_11_30_facet_counts"
branch_labels = None
depends_on = None

TABLE = "characters"
SEARCH, NOTED = "ix_characters_search", "ix_characters_noted"


def upgrade() -> None:
    for name in (SEARCH, NOTED):
        drop_index(name, TABLE)


def downgrade() -> None:
    create_index(SEARCH, TABLE, ["search_name", "status", "id"])
    create_index(NOTED, TABLE, ["id"], where="search_notes <> ''")
