"""The tables of the store.

Every change to a record is a row of `record_versions`, numbered by one global serial; `records` points to the
newest version of each record that exists, in storage order. Nothing is deleted from `record_versions`.
"""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_REVISION = "0001"
"""The newest migration; a store of another revision is upgraded, or refused where it is not known."""


class Table(DeclarativeBase):
    """Base of all tables; constraints have predictable names, so that migrations can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RegistryRow(Table):
    """The one row that holds the last serial given out."""

    __tablename__ = "registry"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    serial: Mapped[int] = mapped_column(BigInteger)
    initialized_at: Mapped[int] = mapped_column(BigInteger)


class CategoryRow(Table):
    """A category that the store knows of, with the serial and time of its last change."""

    __tablename__ = "categories"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    modified_at: Mapped[int] = mapped_column(BigInteger)
    initialized_at: Mapped[int] = mapped_column(BigInteger)


class RecordVersionRow(Table):
    """One version of one record; a deletion is a version without a document."""

    __tablename__ = "record_versions"
    __table_args__ = (
        CheckConstraint("operation IN ('create', 'update', 'delete')", name="operation"),
        CheckConstraint("(operation = 'delete') = (document IS NULL)", name="tombstone"),
        Index(None, "category", "name", "serial"),
    )

    serial: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    category: Mapped[str] = mapped_column(ForeignKey(CategoryRow.name))
    name: Mapped[str] = mapped_column(Text)
    operation: Mapped[str] = mapped_column(String(8))
    document: Mapped[str | None] = mapped_column(Text)
    """Compact v2 JSON."""
    legacy: Mapped[str | None] = mapped_column(Text)
    """Compact JSON of the legacy record, or of the CSV cells of a text model."""
    author: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[int] = mapped_column(BigInteger)


class RecordRow(Table):
    """A record that exists: its place in the category and its newest version."""

    __tablename__ = "records"
    __table_args__ = (Index(None, "category", "position", unique=True),)

    category: Mapped[str] = mapped_column(ForeignKey(CategoryRow.name), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    serial: Mapped[int] = mapped_column(ForeignKey(RecordVersionRow.serial), unique=True)


class CategoryCountersRow(Table):
    """Bookkeeping of the operations on a category in one format (spec 11, Metadata)."""

    __tablename__ = "category_counters"

    format: Mapped[str] = mapped_column(String(8), primary_key=True)
    category: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_updated: Mapped[int] = mapped_column(BigInteger)
    last_operation_type: Mapped[str | None] = mapped_column(String(8))
    last_operation_model: Mapped[str | None] = mapped_column(Text)
    total_creates: Mapped[int] = mapped_column(BigInteger, default=0)
    total_updates: Mapped[int] = mapped_column(BigInteger, default=0)
    total_deletes: Mapped[int] = mapped_column(BigInteger, default=0)
    initialization_time: Mapped[int] = mapped_column(BigInteger)
    last_successful_operation: Mapped[int] = mapped_column(BigInteger)
    error_count: Mapped[int] = mapped_column(BigInteger, default=0)
