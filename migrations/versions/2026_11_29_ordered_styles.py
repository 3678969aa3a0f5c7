"""What was ordered is kept on the character; an upload makes one character; a batch item has an ordinal."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.online import add_column, pieces_of, step

revision = "2026_11_29_ordered_styles"
down_revision = "2026_11_29_names"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ID = sa.String(36)
# As they stood when this was written: what a release adds later was ordered under none of these rules.
STYLES = ("watercolor", "storybook", "anime", "flat", "colored-pencil")


def upgrade() -> None:
    with step("orders"):
        _make_tables()
    for piece in pieces_of("characters", "orders are written down"):
        _believe_what_is_known(piece)


def downgrade() -> None:
    op.drop_column("batch_items", "ordinal")
    op.drop_index(op.f("ix_used_uploads_character_id"), "used_uploads")
    op.drop_table("used_uploads")
    op.drop_table("ordered_pictures")


def _make_tables() -> None:
    op.create_table(
        "ordered_pictures",
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("style", sa.String(32), nullable=False),
        sa.Column("framing", sa.String(32), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("run_token", ID),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ordered_pictures")),
        _of_a_character("ordered_pictures"),
        sa.UniqueConstraint(
            "character_id",
            "style",
            "framing",
            "ordinal",
            name=op.f("uq_ordered_pictures_character_id_style_framing_ordinal"),
        ),
        sa.CheckConstraint("ordinal > 0", name=op.f("ck_ordered_pictures_ordinal_positive")),
        if_not_exists=True,
    )
    op.create_table(
        "used_uploads",
        sa.Column("upload_key", sa.String(512), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("character_id", ID, nullable=False),
        sa.Column("run_token", ID, nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("upload_key", name=op.f("pk_used_uploads")),
        _of_a_character("used_uploads"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_used_uploads_character_id"), "used_uploads", ["character_id"], if_not_exists=True
    )
    add_column("batch_items", sa.Column("ordinal", sa.Integer, nullable=False, server_default="1"))


def _believe_what_is_known(piece: tuple[str, str] | None) -> None:
    """Fill in what people have ordered so far. In SQL alone, so that `alembic upgrade --sql` prints it too.

    Pictures first, with their numbers. Then styles without a picture: those that a run was asked for in,
    and those that a batch was told by name. A character of which no such request is on record (made on the
    command line, or before requests were written down) has ordered what it has a prompt for, and so every
    style that a call was made in. What a batch added of its own accord was ordered by nobody: a picture is
    only believed to be an order if no request says otherwise.
    Only of the characters of `piece`; what is believed already is left as it is.
    """

    def ours(character_id: Any) -> sa.ColumnElement[bool]:
        return sa.true() if piece is None else sa.and_(character_id > piece[0], character_id <= piece[1])

    asked, batches, items = _table("events"), _table("batches"), _table("batch_items")
    images, prompts = _table("character_images"), _table("prompt_artifacts")
    styles = sa.union_all(*(sa.select(sa.literal(style).label("style")) for style in STYLES)).cte("styles")
    named = sa.literal('%"').concat(styles.c.style).concat(sa.literal('"%'))
    requests = (
        sa.select(asked.c.character_id, styles.c.style)
        .join_from(asked, styles, sa.cast(asked.c.data, sa.Text).like(named))
        .where(asked.c.kind == "run.asked", asked.c.character_id.is_not(None), ours(asked.c.character_id))
    )
    every = sa.and_(*(sa.cast(batches.c.filter, sa.Text).like(f'%"{style}"%') for style in STYLES))
    by_name = (
        sa.select(items.c.character_id, items.c.style)
        .join_from(items, batches, batches.c.id == items.c.batch_id)
        .where(sa.not_(every), ours(items.c.character_id))
    )
    known = sa.exists().where(asked.c.character_id == images.c.character_id, asked.c.kind == "run.asked")
    of_a_batch = sa.exists().where(batches.c.id == images.c.run_token, every)
    drawn = sa.select(images.c.character_id, images.c.style, images.c.ordinal)
    ordered = _table("ordered_pictures")
    believed = sa.exists().where(
        ordered.c.character_id == images.c.character_id,
        ordered.c.style == images.c.style,
        ordered.c.ordinal == images.c.ordinal,
    )
    by_people = drawn.where(ours(images.c.character_id), sa.not_(sa.and_(known, of_a_batch)))
    _insert(by_people.where(sa.not_(believed)).distinct())
    _insert_first(requests.union(by_name), images)
    unknown = sa.not_(
        sa.exists().where(asked.c.character_id == prompts.c.character_id, asked.c.kind == "run.asked")
    )
    written = sa.select(prompts.c.character_id, prompts.c.style).where(
        prompts.c.kind == "image", prompts.c.style.is_not(None), unknown, ours(prompts.c.character_id)
    )
    _insert_first(written.distinct(), images)


def _insert_first(pairs: sa.Select[Any] | sa.CompoundSelect[Any], images: sa.TableClause) -> None:
    """Order the first picture of each pair, unless there is a picture in that style, or an order for one."""
    found = pairs.subquery()
    ordered = _table("ordered_pictures")
    drawn = sa.exists().where(images.c.character_id == found.c.character_id, images.c.style == found.c.style)
    there = sa.exists().where(
        ordered.c.character_id == found.c.character_id, ordered.c.style == found.c.style
    )
    _insert(
        sa.select(found.c.character_id, found.c.style, sa.literal(1).label("ordinal"))
        .where(sa.not_(drawn), sa.not_(there))
        .distinct()
    )


def _insert(rows: sa.Select[Any]) -> None:
    found = rows.subquery()
    values: dict[str, sa.ColumnElement[Any]] = {
        "id": _new_id(),
        "created_at": sa.func.current_timestamp(),
        "character_id": found.c.character_id,
        "style": found.c.style,
        "framing": sa.literal(""),
        "ordinal": found.c.ordinal,
    }
    op.execute(_table("ordered_pictures").insert().from_select(list(values), sa.select(*values.values())))


def _new_id() -> sa.ColumnElement[str]:
    """A random UUID of version 4, made by the database."""
    if op.get_context().dialect.name == "postgresql":
        return sa.cast(sa.func.gen_random_uuid(), sa.Text)
    digits: list[sa.ColumnElement[str]] = [
        sa.func.lower(sa.func.hex(sa.func.randomblob(count))) for count in (4, 2, 2, 2, 6)
    ]
    digits[2] = sa.literal("4").concat(sa.func.substr(digits[2], 2))
    digits[3] = sa.literal("a").concat(sa.func.substr(digits[3], 2))
    joined: sa.ColumnElement[str] = digits[0]
    for each in digits[1:]:
        joined = joined.concat(sa.literal("-")).concat(each)
    return joined


def _table(name: str) -> sa.TableClause:
    columns = {
        "events": ("character_id", "kind", "data"),
        "batches": ("id", "filter"),
        "batch_items": ("batch_id", "character_id", "style"),
        "character_images": ("character_id", "style", "ordinal", "run_token"),
        "prompt_artifacts": ("character_id", "kind", "style"),
        "ordered_pictures": ("id", "created_at", "character_id", "style", "framing", "ordinal"),
    }
    return sa.table(name, *(sa.column(each) for each in columns[name]))


def _of_a_character(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_character_id_characters")
    return sa.ForeignKeyConstraint(["character_id"], ["characters.id"], name=name, ondelete="CASCADE")
