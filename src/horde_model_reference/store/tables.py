"""The tables of the store.

Every change to a record is a row of `record_versions`, numbered by one global serial; `records` points to the
newest version of each record that exists, in storage order. `resource_versions` has every change to a side
resource, numbered by the same serial, and `resource_catalogs` the state of the catalogues that were changed.
`changes` is the queue of moderated writes, and `audit_events` what happened to all of these. `usage_days`,
`web_sessions` and `sign_in_tries` have nothing to do with them: they hold what the AI-Horde said of models on
each day, who is signed in at the pages, and who tried to a moment ago. Triggers, which stand in the
migrations, see to it that rows of `record_versions`, `resource_versions` and `audit_events` are never altered
or deleted, and that a change which came to an end stays at that end.
"""

from typing import Any, ClassVar, TypeGuard

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    text,
)

SCHEMA_REVISION = "0006"
"""The newest migration; a store of another revision is upgraded, or refused where it is not known."""


class Table:
    """Base of all tables: a class names a table and its columns, and stands for the table in queries.

    There are no mapped objects, so the object-relational part of SQLAlchemy, and its memory, are not needed.
    Constraints have predictable names, so that migrations can address them.
    """

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    __tablename__: ClassVar[str]
    __table_args__: ClassVar[tuple[CheckConstraint | Index, ...]] = ()
    __table__: ClassVar[sa.Table]

    def __init_subclass__(cls) -> None:
        """Make the table, each column under the name of its attribute."""
        columns = [value for value in vars(cls).values() if _is_column(value)]
        for name, value in vars(cls).items():
            if _is_column(value):
                value.name = value.key = name
        cls.__table__ = sa.Table(cls.__tablename__, cls.metadata, *columns, *cls.__table_args__)

    @classmethod
    def __clause_element__(cls) -> sa.Table:
        """Return the table, for SQLAlchemy."""
        return cls.__table__


def _is_column(value: object) -> TypeGuard[Column[Any]]:
    return isinstance(value, Column)


class RegistryRow(Table):
    """The one row that holds the last numbers given out; who writes anything locks it first."""

    __tablename__ = "registry"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: ColumnElement[int] = Column(Integer, primary_key=True, autoincrement=False)
    serial: ColumnElement[int] = Column(BigInteger, nullable=False)
    initialized_at: ColumnElement[int] = Column(BigInteger, nullable=False)
    last_batch_id: ColumnElement[int] = Column(BigInteger, server_default="0", nullable=False)
    last_event_id: ColumnElement[int] = Column(BigInteger, server_default="0", nullable=False)
    last_event_hash: ColumnElement[str] = Column(String(64), server_default="0" * 64, nullable=False)
    """The end of the audit chain, apart from its events, so that a missing last event shows."""


class CategoryRow(Table):
    """A category that the store knows of, with the serial and time of its last change."""

    __tablename__ = "categories"

    name: ColumnElement[str] = Column(String(64), primary_key=True)
    revision: ColumnElement[int] = Column(BigInteger, nullable=False)
    modified_at: ColumnElement[int] = Column(BigInteger, nullable=False)
    initialized_at: ColumnElement[int] = Column(BigInteger, nullable=False)


class RecordVersionRow(Table):
    """One version of one record; a deletion is a version without a document."""

    __tablename__ = "record_versions"
    __table_args__ = (
        CheckConstraint("operation IN ('create', 'update', 'delete')", name="operation"),
        CheckConstraint("(operation = 'delete') = (document IS NULL)", name="tombstone"),
        CheckConstraint("previous_serial >= 0 AND previous_serial < serial", name="previous_serial"),
        Index(None, "category", "name", "serial"),
        Index("ix_record_versions_category_serial", "category", "serial"),
        Index("uq_record_versions_base", "category", "name", "previous_serial", unique=True),
    )

    serial: ColumnElement[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    category: ColumnElement[str] = Column(ForeignKey("categories.name"), nullable=False)
    name: ColumnElement[str] = Column(Text, nullable=False)
    operation: ColumnElement[str] = Column(String(8), nullable=False)
    document: ColumnElement[str | None] = Column(Text)
    """Compact v2 JSON."""
    legacy: ColumnElement[str | None] = Column(Text)
    """Compact JSON of the legacy record, or of the CSV cells of a text model."""
    author: ColumnElement[str] = Column(Text, nullable=False)
    recorded_at: ColumnElement[int] = Column(BigInteger, nullable=False)
    previous_serial: ColumnElement[int] = Column(BigInteger, server_default="0", nullable=False)
    """Serial of the version or tombstone that this one replaces, 0 for the first; no two replace the same."""


class RecordRow(Table):
    """A record that exists: its place in the category and its newest version."""

    __tablename__ = "records"
    __table_args__ = (Index(None, "category", "position", unique=True),)

    category: ColumnElement[str] = Column(ForeignKey("categories.name"), primary_key=True)
    name: ColumnElement[str] = Column(Text, primary_key=True)
    position: ColumnElement[int] = Column(BigInteger, nullable=False)
    serial: ColumnElement[int] = Column(ForeignKey("record_versions.serial"), unique=True, nullable=False)


class ResourceCatalogRow(Table):
    """A catalogue of side resources that was changed; the others are as the program brings them."""

    __tablename__ = "resource_catalogs"
    __table_args__ = (CheckConstraint("revision > 1", name="revision"),)

    name: ColumnElement[str] = Column(String(32), primary_key=True)
    revision: ColumnElement[int] = Column(BigInteger, nullable=False)
    """From 1, one more with each change."""
    serial: ColumnElement[int] = Column(BigInteger, nullable=False)
    """Of the last change."""
    updated_at: ColumnElement[int] = Column(BigInteger, nullable=False)


class ResourceVersionRow(Table):
    """One version of one side resource; a deletion is a version without a document.

    The first version of a bundled resource is an update or a deletion, as it was there before.
    """

    __tablename__ = "resource_versions"
    __table_args__ = (
        CheckConstraint("operation IN ('create', 'update', 'delete')", name="operation"),
        CheckConstraint("(operation = 'delete') = (document IS NULL)", name="tombstone"),
        CheckConstraint("previous_serial >= 0 AND previous_serial < serial", name="previous_serial"),
        Index("ix_resource_versions_catalog_serial", "catalog", "serial"),
        Index("uq_resource_versions_base", "resource_type", "key", "previous_serial", unique=True),
    )

    serial: ColumnElement[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    catalog: ColumnElement[str] = Column(ForeignKey("resource_catalogs.name"), nullable=False)
    resource_type: ColumnElement[str] = Column(String(32), nullable=False)
    key: ColumnElement[str] = Column(Text, nullable=False)
    operation: ColumnElement[str] = Column(String(8), nullable=False)
    document: ColumnElement[str | None] = Column(Text)
    """Compact JSON."""
    author: ColumnElement[str] = Column(Text, nullable=False)
    recorded_at: ColumnElement[int] = Column(BigInteger, nullable=False)
    previous_serial: ColumnElement[int] = Column(BigInteger, server_default="0", nullable=False)
    """Serial of the version or tombstone that this one replaces, 0 for the first; no two replace the same."""


class CategoryCountersRow(Table):
    """Bookkeeping of the operations on a category in one format (spec 11, Metadata)."""

    __tablename__ = "category_counters"

    format: ColumnElement[str] = Column(String(8), primary_key=True)
    category: ColumnElement[str] = Column(String(64), primary_key=True)
    last_updated: ColumnElement[int] = Column(BigInteger, nullable=False)
    last_operation_type: ColumnElement[str | None] = Column(String(8))
    last_operation_model: ColumnElement[str | None] = Column(Text)
    total_creates: ColumnElement[int] = Column(BigInteger, default=0, nullable=False)
    total_updates: ColumnElement[int] = Column(BigInteger, default=0, nullable=False)
    total_deletes: ColumnElement[int] = Column(BigInteger, default=0, nullable=False)
    initialization_time: ColumnElement[int] = Column(BigInteger, nullable=False)
    last_successful_operation: ColumnElement[int] = Column(BigInteger, nullable=False)
    error_count: ColumnElement[int] = Column(BigInteger, default=0, nullable=False)


class ChangeRow(Table):
    """A change of the queue; columns carry the names of the fields of `Change`, objects are JSON texts."""

    __tablename__ = "changes"
    __table_args__ = (
        CheckConstraint(
            "status IN ('pending', 'approved', 'applied', 'rejected', 'withdrawn', 'purged')", name="status"
        ),
        CheckConstraint("operation IN ('create', 'update', 'delete')", name="operation"),
        CheckConstraint("form IN ('legacy', 'v2')", name="form"),
        CheckConstraint(
            "resource_kind IN ('model_reference', 'text_guidance', 'image_baseline')", name="resource_kind"
        ),
        CheckConstraint("change_id > 0", name="number"),
        CheckConstraint(
            "approved_by IS NULL OR approved_by <> requested_by OR self_approved", name="approved_by_another"
        ),
        CheckConstraint(
            "applied_by IS NULL OR applied_by <> requested_by OR self_applied", name="applied_by_another"
        ),
        CheckConstraint(
            "status = 'purged' OR operation = 'delete' OR resource_kind <> 'model_reference'"
            " OR payload IS NOT NULL",
            name="payload",
        ),
        CheckConstraint(
            "status <> 'pending' OR (approved_by IS NULL AND approved_at IS NULL AND batch_id IS NULL)",
            name="pending",
        ),
        CheckConstraint("status <> 'approved' OR batch_id IS NOT NULL", name="approved"),
        CheckConstraint(
            "status <> 'applied' OR (approved_by IS NOT NULL AND approved_at IS NOT NULL"
            " AND batch_id IS NOT NULL AND applied_by IS NOT NULL AND applied_at IS NOT NULL"
            " AND applied_job_id IS NOT NULL)",
            name="applied",
        ),
        CheckConstraint(
            "status IN ('applied', 'purged')"
            " OR (applied_by IS NULL AND applied_at IS NULL AND applied_job_id IS NULL)",
            name="not_applied",
        ),
        CheckConstraint(
            "status <> 'rejected' OR (rejected_by IS NOT NULL AND rejected_at IS NOT NULL"
            " AND reject_reason IS NOT NULL)",
            name="rejected",
        ),
        CheckConstraint("status <> 'withdrawn' OR withdrawn_at IS NOT NULL", name="withdrawn"),
        CheckConstraint(
            "status <> 'purged' OR (purged_by IS NOT NULL AND purged_at IS NOT NULL AND payload IS NULL)",
            name="purged",
        ),
        Index("ix_changes_status_category", "status", "category", "change_id"),
        Index("ix_changes_requested_by", "requested_by", "change_id"),
        Index("ix_changes_batch_id", "batch_id", "change_id"),
    )

    change_id: ColumnElement[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    category: ColumnElement[str] = Column(String(64), nullable=False)
    model_name: ColumnElement[str] = Column(Text, nullable=False)
    folded_name: ColumnElement[str] = Column(Text, nullable=False)
    """The name without regard to case, to be searched."""
    operation: ColumnElement[str] = Column(String(8), nullable=False)
    form: ColumnElement[str] = Column(String(8), nullable=False)
    resource_kind: ColumnElement[str] = Column(String(32), nullable=False)
    resource_id: ColumnElement[str | None] = Column(Text)
    base_serial: ColumnElement[int | None] = Column(BigInteger)
    requested_by: ColumnElement[str] = Column(Text, nullable=False)
    requested_username: ColumnElement[str] = Column(Text, nullable=False)
    requested_at: ColumnElement[int] = Column(BigInteger, nullable=False)
    updated_at: ColumnElement[int] = Column(BigInteger, nullable=False)
    status: ColumnElement[str] = Column(String(16), nullable=False)
    batch_id: ColumnElement[int | None] = Column(BigInteger)
    batch_title: ColumnElement[str | None] = Column(Text)
    approved_by: ColumnElement[str | None] = Column(Text)
    approved_username: ColumnElement[str | None] = Column(Text)
    approved_at: ColumnElement[int | None] = Column(BigInteger)
    self_approved: ColumnElement[bool] = Column(Boolean, server_default=text("false"), nullable=False)
    """Whether people could approve their own changes when this one was approved."""
    rejected_by: ColumnElement[str | None] = Column(Text)
    rejected_username: ColumnElement[str | None] = Column(Text)
    rejected_at: ColumnElement[int | None] = Column(BigInteger)
    reject_reason: ColumnElement[str | None] = Column(Text)
    withdrawn_at: ColumnElement[int | None] = Column(BigInteger)
    applied_by: ColumnElement[str | None] = Column(Text)
    applied_username: ColumnElement[str | None] = Column(Text)
    applied_at: ColumnElement[int | None] = Column(BigInteger)
    applied_job_id: ColumnElement[str | None] = Column(Text)
    self_applied: ColumnElement[bool] = Column(Boolean, server_default=text("false"), nullable=False)
    """Whether people could apply their own changes when this one was applied."""
    purged_by: ColumnElement[str | None] = Column(Text)
    purged_at: ColumnElement[int | None] = Column(BigInteger)
    notes: ColumnElement[str | None] = Column(Text)
    request_metadata: ColumnElement[str | None] = Column(Text)
    related_models: ColumnElement[str | None] = Column(Text)
    comments: ColumnElement[str | None] = Column(Text)
    payload: ColumnElement[str | None] = Column(Text)


class JobRow(Table):
    """What a request with a job id did."""

    __tablename__ = "jobs"

    job_id: ColumnElement[str] = Column(Text, primary_key=True)
    request_hash: ColumnElement[str] = Column(String(64), primary_key=True)
    """SHA-256 of the request, hexadecimal; the request itself may be longer than what an index takes."""
    request: ColumnElement[str] = Column(Text, nullable=False)
    outcome: ColumnElement[str] = Column(Text, nullable=False)
    recorded_at: ColumnElement[int] = Column(BigInteger, nullable=False)


class AuditEventRow(Table):
    """An event of the audit chain; the payload is the text that was sealed."""

    __tablename__ = "audit_events"
    __table_args__ = (
        CheckConstraint("event_id > 0", name="number"),
        CheckConstraint("operation IN ('create', 'update', 'delete')", name="operation"),
        CheckConstraint("domain IN ('legacy', 'v2')", name="domain"),
        CheckConstraint("length(hash) = 64 AND length(prev_hash) = 64", name="hash"),
        Index("ix_audit_events_category_model_name", "category", "model_name", "event_id"),
    )

    event_id: ColumnElement[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    timestamp: ColumnElement[int] = Column(BigInteger, nullable=False)
    domain: ColumnElement[str] = Column(String(8), nullable=False)
    category: ColumnElement[str] = Column(String(64), nullable=False)
    model_name: ColumnElement[str] = Column(Text, nullable=False)
    operation: ColumnElement[str] = Column(String(8), nullable=False)
    logical_user_id: ColumnElement[str] = Column(Text, nullable=False)
    request_id: ColumnElement[str | None] = Column(Text)
    serial: ColumnElement[int | None] = Column(BigInteger, unique=True)
    prev_hash: ColumnElement[str] = Column(String(64), unique=True, nullable=False)
    hash: ColumnElement[str] = Column(String(64), unique=True, nullable=False)
    payload: ColumnElement[str] = Column(Text, nullable=False)


class UsageDayRow(Table):
    """The figures of one model on one day; days are counted from 1970-01-01, in UTC."""

    __tablename__ = "usage_days"
    __table_args__ = (
        CheckConstraint("unused_since IS NULL OR unused_since <= day", name="unused_since"),
        Index(None, "category", "day"),
    )

    category: ColumnElement[str] = Column(String(64), primary_key=True)
    name: ColumnElement[str] = Column(Text, primary_key=True)
    day: ColumnElement[int] = Column(Integer, primary_key=True, autoincrement=False)
    usage_day: ColumnElement[int] = Column(BigInteger, nullable=False)
    usage_month: ColumnElement[int] = Column(BigInteger, nullable=False)
    usage_total: ColumnElement[int] = Column(BigInteger, nullable=False)
    worker_count: ColumnElement[int] = Column(BigInteger, nullable=False)
    unused_since: ColumnElement[int | None] = Column(Integer)
    """First of the recorded days without use up to this one; none where the model was used."""
    seen_at: ColumnElement[int] = Column(BigInteger, nullable=False)
    """Unix seconds of the figures."""


class WebSessionRow(Table):
    """Somebody who is signed in at the pages; times are Unix seconds."""

    __tablename__ = "web_sessions"
    __table_args__ = (CheckConstraint("length(id_hash) = 64", name="id_hash"), Index(None, "user_id"))

    id_hash: ColumnElement[str] = Column(String(64), primary_key=True)
    """SHA-256 of the id, hexadecimal; only the browser has the id."""
    user_id: ColumnElement[str] = Column(Text, nullable=False)
    username: ColumnElement[str] = Column(Text, nullable=False)
    started_at: ColumnElement[int] = Column(BigInteger, nullable=False)
    seen_at: ColumnElement[int] = Column(BigInteger, nullable=False)


class WebSecretRow(Table):
    """The one row with the secret that the cookies of the pages are signed with."""

    __tablename__ = "web_secrets"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: ColumnElement[int] = Column(Integer, primary_key=True, autoincrement=False)
    value: ColumnElement[str] = Column(String(64), nullable=False)


class SignInTryRow(Table):
    """A try to sign in that failed, or is under way."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (Index(None, "source", "tried_at"),)

    id: ColumnElement[str] = Column(String(32), primary_key=True)
    source: ColumnElement[str] = Column(Text, nullable=False)
    """The address that it came from, of IPv6 the network."""
    tried_at: ColumnElement[int] = Column(BigInteger, nullable=False)
    """Unix seconds."""


NOT_IN_BACKUPS = frozenset(
    {WebSessionRow.__tablename__, WebSecretRow.__tablename__, SignInTryRow.__tablename__}
)
"""Tables that a backup leaves out: a stolen backup must sign nobody in, nor tell who was here."""
