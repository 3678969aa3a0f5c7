"""A rejected picture says why by a code; a picture waits for review until someone has decided."""

import sqlalchemy as sa
from alembic import op

from migrations import guards
from migrations.online import add_column, create_index, drop_index, step, write_in_chunks

revision = "2026_11_30_review"
down_revision = "2026_11_30_notes_and_tags"
branch_labels = None
depends_on = None

IMAGES = "character_images"
AWAITING = "ix_character_images_awaiting"
# The sentence that releases before this one have given to what they hold back.
HELD_BACK = "The picture shows more bare skin than the photo: held back until someone looks at it."


def upgrade() -> None:
    with step("review"):
        add_column(IMAGES, sa.Column("review_code", sa.String(32)))
        waits: sa.Column[bool] = sa.Column(
            "awaits_review", sa.Boolean(), nullable=False, server_default=sa.true()
        )
        add_column(IMAGES, waits)
    rejected = "review = 'rejected' AND review_code IS NULL"
    held_back = f"{rejected} AND review_reason = '{HELD_BACK}'"
    write_in_chunks("pictures held back", IMAGES, held_back, "review_code = 'undressed'")
    write_in_chunks("rejected pictures", IMAGES, rejected, "review_code = 'other'")
    decided = f"""awaits_review AND (review = 'rejected' AND review_code <> 'undressed'
        OR character_id IN (SELECT character_id FROM {IMAGES} WHERE review IN ('approved', 'locked')))"""  # noqa: S608
    write_in_chunks("pictures decided about", IMAGES, decided, "awaits_review = false")
    create_index(AWAITING, IMAGES, ["character_id"], where="awaits_review")
    with step():
        guards.install(IMAGES, guards.types(texts="review_code", booleans="awaits_review"), "review")


def downgrade() -> None:
    # What the release before knows of a decision, its reason in words, stays.
    guards.remove(IMAGES, "review")
    drop_index(AWAITING, IMAGES)
    for column in ("awaits_review", "review_code"):
        op.drop_column(IMAGES, column)
