"""An ordered picture has a resolution, and a batch draws it so."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.online import add_column, refuse_while, step

revision = "2026_11_30_resolution"
down_revision = "2026_11_30_framing"
branch_labels = None
depends_on = None

TABLES = ("ordered_pictures", "batch_items")
# What was chosen for a picture is text on SQLite, too: these columns and those of the migration before.
CHOICES = {
    "ordered_pictures": "resolution",
    "batch_items": "framing resolution",
    "character_images": "framing",
}


def upgrade() -> None:
    with step("resolution"):
        for table in TABLES:
            # A draft, as every picture so far.
            add_column(table, sa.Column("resolution", sa.String(32), nullable=False, server_default=""))
    for table, texts in CHOICES.items():
        with step():
            guards.install(table, guards.types(texts=texts), "choices")


def downgrade() -> None:
    # The release before would draw them as drafts, and take them for done.
    refuse_while(
        "ordered_pictures WHERE resolution <> ''",
        "{found} pictures are on order for print: the older release draws drafts.",
    )
    for table in CHOICES:
        guards.remove(table, "choices")
    for table in reversed(TABLES):
        op.drop_column(table, "resolution")
