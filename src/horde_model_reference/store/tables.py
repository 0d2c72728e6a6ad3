"""The tables of the store.

Every change to a record is a row of `record_versions`, numbered by one global serial; `records` points to the
newest version of each record that exists, in storage order. `changes` is the queue of moderated writes, and
`audit_events` what happened to both. `usage_days` has nothing to do with these: it holds what the AI-Horde
said of models on each day. Triggers, which stand in the migrations, see to it that rows of
`record_versions` and `audit_events` are never altered or deleted, and that a change which came to an end
stays at that end.
"""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_REVISION = "0003"
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
    """The one row that holds the last numbers given out; who writes anything locks it first."""

    __tablename__ = "registry"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    serial: Mapped[int] = mapped_column(BigInteger)
    initialized_at: Mapped[int] = mapped_column(BigInteger)
    last_batch_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    last_event_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    last_event_hash: Mapped[str] = mapped_column(String(64), server_default="0" * 64)
    """The end of the audit chain, apart from its events, so that a missing last event shows."""


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
        CheckConstraint("previous_serial >= 0 AND previous_serial < serial", name="previous_serial"),
        Index(None, "category", "name", "serial"),
        Index("ix_record_versions_category_serial", "category", "serial"),
        Index("uq_record_versions_base", "category", "name", "previous_serial", unique=True),
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
    previous_serial: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Serial of the version or tombstone that this one replaces, 0 for the first; no two replace the same."""


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

    change_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    category: Mapped[str] = mapped_column(String(64))
    model_name: Mapped[str] = mapped_column(Text)
    folded_name: Mapped[str] = mapped_column(Text)
    """The name without regard to case, to be searched."""
    operation: Mapped[str] = mapped_column(String(8))
    form: Mapped[str] = mapped_column(String(8))
    resource_kind: Mapped[str] = mapped_column(String(32))
    resource_id: Mapped[str | None] = mapped_column(Text)
    base_serial: Mapped[int | None] = mapped_column(BigInteger)
    requested_by: Mapped[str] = mapped_column(Text)
    requested_username: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(16))
    batch_id: Mapped[int | None] = mapped_column(BigInteger)
    batch_title: Mapped[str | None] = mapped_column(Text)
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_username: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[int | None] = mapped_column(BigInteger)
    self_approved: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether people could approve their own changes when this one was approved."""
    rejected_by: Mapped[str | None] = mapped_column(Text)
    rejected_username: Mapped[str | None] = mapped_column(Text)
    rejected_at: Mapped[int | None] = mapped_column(BigInteger)
    reject_reason: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[int | None] = mapped_column(BigInteger)
    applied_by: Mapped[str | None] = mapped_column(Text)
    applied_username: Mapped[str | None] = mapped_column(Text)
    applied_at: Mapped[int | None] = mapped_column(BigInteger)
    applied_job_id: Mapped[str | None] = mapped_column(Text)
    self_applied: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether people could apply their own changes when this one was applied."""
    purged_by: Mapped[str | None] = mapped_column(Text)
    purged_at: Mapped[int | None] = mapped_column(BigInteger)
    notes: Mapped[str | None] = mapped_column(Text)
    request_metadata: Mapped[str | None] = mapped_column(Text)
    related_models: Mapped[str | None] = mapped_column(Text)
    comments: Mapped[str | None] = mapped_column(Text)
    payload: Mapped[str | None] = mapped_column(Text)


class JobRow(Table):
    """What a request with a job id did."""

    __tablename__ = "jobs"

    job_id: Mapped[str] = mapped_column(Text, primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the request, hexadecimal; the request itself may be longer than what an index takes."""
    request: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[int] = mapped_column(BigInteger)


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

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    timestamp: Mapped[int] = mapped_column(BigInteger)
    domain: Mapped[str] = mapped_column(String(8))
    category: Mapped[str] = mapped_column(String(64))
    model_name: Mapped[str] = mapped_column(Text)
    operation: Mapped[str] = mapped_column(String(8))
    logical_user_id: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    serial: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    prev_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    payload: Mapped[str] = mapped_column(Text)


class UsageDayRow(Table):
    """The figures of one model on one day; days are counted from 1970-01-01, in UTC."""

    __tablename__ = "usage_days"
    __table_args__ = (
        CheckConstraint("unused_since IS NULL OR unused_since <= day", name="unused_since"),
        Index(None, "category", "day"),
    )

    category: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    usage_day: Mapped[int] = mapped_column(BigInteger)
    usage_month: Mapped[int] = mapped_column(BigInteger)
    usage_total: Mapped[int] = mapped_column(BigInteger)
    worker_count: Mapped[int] = mapped_column(BigInteger)
    unused_since: Mapped[int | None]
    """First of the recorded days without use up to this one; none where the model was used."""
    seen_at: Mapped[int] = mapped_column(BigInteger)
    """Unix seconds of the figures."""
