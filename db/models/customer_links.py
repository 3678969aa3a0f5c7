"""Links that a customer answers by, without an account: what is shown, until when, and what was said."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Identified, checked


class LinkPurpose(StrEnum):
    """What the customer is asked."""

    PROOF = "proof"  # is this the picture?
    CONSENT = "consent"  # may the photo be used?


class LinkAnswer(StrEnum):
    """What the customer said. The values are stored: they never change."""

    APPROVED = "approved"
    CHANGE = "change"
    CONSENTED = "consented"
    REFUSED = "refused"


class LinkEnd(StrEnum):
    """Why a link is good for nothing any more, though nobody has answered, or it was answered."""

    WITHDRAWN = "withdrawn"
    RENEWED = "renewed"


class CustomerLink(Identified, Base):
    """One link, for one answer. The token in its address is kept as a digest only.

    `expires_at` is by the steady clock (`db.repositories.clock`). A character has at most one link for each
    purpose that is neither answered nor ended.
    """

    __tablename__ = "customer_links"
    __table_args__ = (
        Index(
            "uq_customer_links_open",
            "character_id",
            "purpose",
            unique=True,
            sqlite_where=text("answer IS NULL AND ended IS NULL"),
            postgresql_where=text("answer IS NULL AND ended IS NULL"),
        ),
        CheckConstraint("changes_left >= 0", name="changes_not_negative"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_when"),
    )

    character_id: Mapped[str] = mapped_column(ForeignKey("characters.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(checked(LinkPurpose, "purpose"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    image_ids: Mapped[list[str]]  # of a proof: the pictures to choose from, in their order
    asks: Mapped[dict[str, Any]]  # of a consent: `version`, `processors`, `keep_canon`; else {}
    changes_left: Mapped[int]  # how often a change may still be asked for, by this link and those after it
    expires_at: Mapped[datetime]
    made_by: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    opened_at: Mapped[datetime | None]  # when it was first looked at
    answer: Mapped[LinkAnswer | None] = mapped_column(checked(LinkAnswer, "answer"))
    answered_at: Mapped[datetime | None]
    image_id: Mapped[str | None] = mapped_column(String(36))  # the picture that was approved, or is meant
    reason: Mapped[str | None] = mapped_column(String(32))  # `tasks.proof.reasons`, of a change
    note: Mapped[str] = mapped_column(Text, default="")  # the customer's own line
    ended: Mapped[LinkEnd | None] = mapped_column(checked(LinkEnd, "ended"))
