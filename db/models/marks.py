"""The marks on pictures that have left: which picture each leads back to."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
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
