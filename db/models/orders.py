"""What people have ordered: the pictures of a character, and the uploads that a character was made of."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.ids import utc_now
from db.models.base import Base, Identified

DRAFT = ""  # a picture for the screen; every picture was one before there was a choice
PORTRAIT = ""  # head and shoulders; every picture was one before there was a choice


class OrderedPicture(Identified, Base):
    """A picture that a person asked for by name, drawn or not. Machines buy nothing else.

    `framing` is PORTRAIT or a value of `tasks.design.shapes.Framing`. `ordinal` counts the pictures of one
    style and framing: the second is ordered by asking for another one. `resolution` is DRAFT or a value of
    `tasks.picture_options.Resolution`.
    """

    __tablename__ = "ordered_pictures"
    __table_args__ = (
        UniqueConstraint("character_id", "style", "framing", "ordinal"),
        CheckConstraint("ordinal > 0", name="ordinal_positive"),
    )

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"))
    style: Mapped[str] = mapped_column(String(32))
    framing: Mapped[str] = mapped_column(String(32), default=PORTRAIT)
    ordinal: Mapped[int]
    resolution: Mapped[str] = mapped_column(String(32), default=DRAFT, server_default=DRAFT)
    run_token: Mapped[str | None] = mapped_column(String(36))  # the run or batch it was ordered with


class UsedUpload(Base):
    """An uploaded photo that a character was made of: the same upload makes no second one."""

    __tablename__ = "used_uploads"

    upload_key: Mapped[str] = mapped_column(String(512), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), index=True)
    run_token: Mapped[str] = mapped_column(String(36))
    request_digest: Mapped[str] = mapped_column(String(64))  # of what was asked for with it, but for the name
