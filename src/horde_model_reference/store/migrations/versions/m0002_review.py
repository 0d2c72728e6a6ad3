"""Create the queue and the audit trail, and chain the versions of each record."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEPT_AS_IT_IS = "rows of this table are never altered or deleted"
_AT_ITS_END = "a change that came to an end stays there, and is never deleted"
_ENDED = "OLD.status IN ('applied', 'rejected', 'withdrawn', 'purged')"
_LEAVES_ITS_END = (
    f"{_ENDED} AND NEW.status <> OLD.status AND (OLD.status = 'purged' OR NEW.status <> 'purged')"
)


def upgrade() -> None:
    """Create the queue and the audit trail, and chain the versions of each record."""
    _chain_versions()
    _add_numbers()
    _create_changes()
    _create_jobs()
    _create_audit_events()
    if op.get_context().dialect.name == "sqlite":
        _create_sqlite_triggers()
    else:
        _create_postgresql_triggers()


def _chain_versions() -> None:
    # Written out, since SQLite can only add a column together with its constraint, which Alembic can't say.
    op.execute(
        "ALTER TABLE record_versions ADD COLUMN previous_serial BIGINT DEFAULT '0' NOT NULL"
        " CONSTRAINT ck_record_versions_previous_serial"
        " CHECK (previous_serial >= 0 AND previous_serial < serial)"
    )
    op.execute(
        "UPDATE record_versions SET previous_serial = (SELECT coalesce(max(older.serial), 0)"
        " FROM record_versions AS older WHERE older.category = record_versions.category"
        " AND older.name = record_versions.name AND older.serial < record_versions.serial)"
    )
    op.create_index(op.f("ix_record_versions_category_serial"), "record_versions", ["category", "serial"])
    op.create_index(
        op.f("uq_record_versions_base"),
        "record_versions",
        ["category", "name", "previous_serial"],
        unique=True,
    )


def _add_numbers() -> None:
    for name in ("last_batch_id", "last_event_id"):
        op.add_column("registry", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column(
        "registry", sa.Column("last_event_hash", sa.String(64), nullable=False, server_default="0" * 64)
    )


def _create_changes() -> None:
    op.create_table(
        "changes",
        sa.Column("change_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("category", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("model_name", "folded_name")),
        sa.Column("operation", sa.String(8), nullable=False),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("resource_kind", sa.String(32), nullable=False),
        sa.Column("resource_id", sa.Text()),
        sa.Column("base_serial", sa.BigInteger()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("requested_by", "requested_username")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("requested_at", "updated_at")),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("batch_id", sa.BigInteger()),
        *(sa.Column(name, sa.Text()) for name in ("batch_title", "approved_by", "approved_username")),
        sa.Column("approved_at", sa.BigInteger()),
        sa.Column("self_approved", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        *(sa.Column(name, sa.Text()) for name in ("rejected_by", "rejected_username")),
        sa.Column("rejected_at", sa.BigInteger()),
        sa.Column("reject_reason", sa.Text()),
        sa.Column("withdrawn_at", sa.BigInteger()),
        *(sa.Column(name, sa.Text()) for name in ("applied_by", "applied_username")),
        sa.Column("applied_at", sa.BigInteger()),
        sa.Column("applied_job_id", sa.Text()),
        sa.Column("self_applied", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("purged_by", sa.Text()),
        sa.Column("purged_at", sa.BigInteger()),
        *(sa.Column(name, sa.Text()) for name in ("notes", "request_metadata", "related_models", "comments")),
        sa.Column("payload", sa.Text()),
        *_change_checks(),
    )
    op.create_index(op.f("ix_changes_status_category"), "changes", ["status", "category", "change_id"])
    op.create_index(op.f("ix_changes_requested_by"), "changes", ["requested_by", "change_id"])
    op.create_index(op.f("ix_changes_batch_id"), "changes", ["batch_id", "change_id"])


def _change_checks() -> list[sa.CheckConstraint]:
    rules = {
        "status": "status IN ('pending', 'approved', 'applied', 'rejected', 'withdrawn', 'purged')",
        "operation": "operation IN ('create', 'update', 'delete')",
        "form": "form IN ('legacy', 'v2')",
        "resource_kind": "resource_kind IN ('model_reference', 'text_guidance', 'image_baseline')",
        "number": "change_id > 0",
        "approved_by_another": "approved_by IS NULL OR approved_by <> requested_by OR self_approved",
        "applied_by_another": "applied_by IS NULL OR applied_by <> requested_by OR self_applied",
        "payload": "status = 'purged' OR operation = 'delete' OR resource_kind <> 'model_reference'"
        " OR payload IS NOT NULL",
        "pending": "status <> 'pending' OR"
        " (approved_by IS NULL AND approved_at IS NULL AND batch_id IS NULL)",
        "approved": "status <> 'approved' OR batch_id IS NOT NULL",
        "applied": "status <> 'applied' OR (approved_by IS NOT NULL AND approved_at IS NOT NULL"
        " AND batch_id IS NOT NULL AND applied_by IS NOT NULL AND applied_at IS NOT NULL"
        " AND applied_job_id IS NOT NULL)",
        "not_applied": "status IN ('applied', 'purged')"
        " OR (applied_by IS NULL AND applied_at IS NULL AND applied_job_id IS NULL)",
        "rejected": "status <> 'rejected' OR (rejected_by IS NOT NULL AND rejected_at IS NOT NULL"
        " AND reject_reason IS NOT NULL)",
        "withdrawn": "status <> 'withdrawn' OR withdrawn_at IS NOT NULL",
        "purged": "status <> 'purged' OR"
        " (purged_by IS NOT NULL AND purged_at IS NOT NULL AND payload IS NULL)",
    }
    return [sa.CheckConstraint(rule, name=op.f(f"ck_changes_{name}")) for name, rule in rules.items()]


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.Text(), primary_key=True),
        sa.Column("request_hash", sa.String(64), primary_key=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
    )


def _create_audit_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("event_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.String(8), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("operation", sa.String(8), nullable=False),
        sa.Column("logical_user_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.Column("serial", sa.BigInteger()),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        *(
            sa.UniqueConstraint(name, name=op.f(f"uq_audit_events_{name}"))
            for name in ("serial", "prev_hash", "hash")
        ),
        sa.CheckConstraint("event_id > 0", name=op.f("ck_audit_events_number")),
        sa.CheckConstraint(
            "operation IN ('create', 'update', 'delete')", name=op.f("ck_audit_events_operation")
        ),
        sa.CheckConstraint("domain IN ('legacy', 'v2')", name=op.f("ck_audit_events_domain")),
        sa.CheckConstraint("length(hash) = 64 AND length(prev_hash) = 64", name=op.f("ck_audit_events_hash")),
    )
    op.create_index(
        op.f("ix_audit_events_category_model_name"), "audit_events", ["category", "model_name", "event_id"]
    )


def _create_sqlite_triggers() -> None:
    for table in ("record_versions", "audit_events"):
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}"
                f" BEGIN SELECT raise(ABORT, '{_KEPT_AS_IT_IS}'); END"
            )
    op.execute(
        f"CREATE TRIGGER changes_no_return BEFORE UPDATE ON changes WHEN {_LEAVES_ITS_END}"
        f" BEGIN SELECT raise(ABORT, '{_AT_ITS_END}'); END"
    )
    op.execute(
        "CREATE TRIGGER changes_no_delete BEFORE DELETE ON changes"
        f" BEGIN SELECT raise(ABORT, '{_AT_ITS_END}'); END"
    )


def _create_postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION horde_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in ("record_versions", "audit_events"):
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION horde_refuse('{_KEPT_AS_IT_IS}')"
        )
    op.execute(
        f"CREATE TRIGGER changes_no_return BEFORE UPDATE ON changes FOR EACH ROW WHEN ({_LEAVES_ITS_END})"
        f" EXECUTE FUNCTION horde_refuse('{_AT_ITS_END}')"
    )
    op.execute(
        "CREATE TRIGGER changes_no_delete BEFORE DELETE OR TRUNCATE ON changes"
        f" FOR EACH STATEMENT EXECUTE FUNCTION horde_refuse('{_AT_ITS_END}')"
    )
