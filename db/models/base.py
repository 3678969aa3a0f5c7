"""What every table shares: string ids, UTC times, checked enums, JSON that both databases read."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Double, Enum, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from db.ids import new_id, utc_now

# Named constraints, so that a migration can drop what another one made.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC. SQLite forgets the zone; this puts it back. A naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn to UTC on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be recorded")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Be UTC on the way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ClippedText(TypeDecorator[str]):
    """Text for people, cut to the column's length with an ellipsis: a long sentence must not lose its row."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Cut on the way in."""
        if value is None or len(value) <= self.length:
            return value
        return value[: self.length - 1] + "…"


# None is SQL NULL, not JSON's null, so that IS NULL means what it says.
JsonDocument = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """The declarative base of the record."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        float: Double,
        dict[str, Any]: JsonDocument,
        list[str]: JsonDocument,
        list[dict[str, Any]]: JsonDocument,
    }


class Identified:
    """A row with a time-ordered id and the moment it was made."""

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id, sort_order=-2)
    created_at: Mapped[datetime] = mapped_column(default=utc_now, sort_order=-1)


def checked(kind: type[StrEnum], name: str) -> Enum:
    """A text column that the database holds to the enum's values with a CHECK constraint."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )
