"""A picture has a framing, and its number is one among those of its style and framing."""

import sqlalchemy as sa
from alembic import op

from migrations.online import add_column, create_index, drop_index, refuse_while, step

revision = "2026_11_30_framing"
down_revision = "2026_11_29_profile_sources"
branch_labels = None
depends_on = None

TABLES = ("character_images", "batch_items")
IMAGES = "character_images"
BEFORE, AFTER = "uq_character_images_style_ordinal", "uq_character_images_style_framing_ordinal"


def upgrade() -> None:
    with step("framing"):
        for table in TABLES:
            # A portrait, as every picture so far.
            add_column(table, sa.Column("framing", sa.String(32), nullable=False, server_default=""))
    create_index(AFTER, IMAGES, ["character_id", "style", "framing", "ordinal"], unique=True)
    drop_index(BEFORE, IMAGES)


def downgrade() -> None:
    # The release before takes every picture for a portrait, and two of a number for one.
    refuse_while(
        f"{IMAGES} WHERE framing <> ''",
        "{found} pictures are no portraits: the older release can't tell them apart.",
    )
    refuse_while(
        "ordered_pictures WHERE framing <> ''",
        "{found} whole figures are on order: the older release draws portraits.",
    )
    refuse_while(
        "character_profiles WHERE CAST(attributes AS TEXT) LIKE '%headwear%'",
        "{found} profiles say more than the older release can read. Bring back a backup instead.",
    )
    create_index(BEFORE, IMAGES, ["character_id", "style", "ordinal"], unique=True)
    drop_index(AFTER, IMAGES)
    for table in reversed(TABLES):
        op.drop_column(table, "framing")
