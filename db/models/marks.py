"""The marks on pictures that have left: which picture each leads back to, and when its signature was made."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.ids import utc_now
from db.models.base import Base


class PictureMark(Base):
    """The id that the watermark of a picture carries. Its picture may be erased since: then it says so."""

    __tablename__ = "picture_marks"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)  # 64 bits as lower-case hex
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    asset_id: Mapped[str | None] = mapped_column(
        ForeignKey("generated_assets.id", ondelete="SET NULL"), index=True
    )


class MarkTimeStamp(Base):
    """An authority's word on when a signature existed; without `token` it is still to be asked for."""

    __tablename__ = "mark_time_stamps"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of what is stamped, hex
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    token: Mapped[str | None] = mapped_column(Text)  # RFC 3161 TimeStampToken, base64
    tried_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(String(64))  # why it is not there yet: a code
