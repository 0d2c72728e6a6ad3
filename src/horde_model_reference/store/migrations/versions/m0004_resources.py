"""Create the tables of side resources."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KEPT_AS_IT_IS = "rows of this table are never altered or deleted"


def upgrade() -> None:
    """Create the tables of side resources."""
    op.create_table(
        "resource_catalogs",
        sa.Column("name", sa.String(32), primary_key=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("revision", "serial", "updated_at")),
        sa.CheckConstraint("revision > 1", name=op.f("ck_resource_catalogs_revision")),
    )
    op.create_table(
        "resource_versions",
        sa.Column("serial", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("catalog", sa.String(32), sa.ForeignKey("resource_catalogs.name"), nullable=False),
        sa.Column("resource_type", sa.String(32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("operation", sa.String(8), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("previous_serial", sa.BigInteger(), nullable=False, server_default="0"),
        sa.CheckConstraint(
            "operation IN ('create', 'update', 'delete')", name=op.f("ck_resource_versions_operation")
        ),
        sa.CheckConstraint(
            "(operation = 'delete') = (document IS NULL)", name=op.f("ck_resource_versions_tombstone")
        ),
        sa.CheckConstraint(
            "previous_serial >= 0 AND previous_serial < serial",
            name=op.f("ck_resource_versions_previous_serial"),
        ),
    )
    op.create_index(op.f("ix_resource_versions_catalog_serial"), "resource_versions", ["catalog", "serial"])
    op.create_index(
        op.f("uq_resource_versions_base"),
        "resource_versions",
        ["resource_type", "key", "previous_serial"],
        unique=True,
    )
    _keep_versions()


def _keep_versions() -> None:
    if op.get_context().dialect.name == "sqlite":
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER resource_versions_no_{action.lower()} BEFORE {action} ON resource_versions"
                f" BEGIN SELECT raise(ABORT, '{_KEPT_AS_IT_IS}'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER resource_versions_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON resource_versions"
        f" FOR EACH STATEMENT EXECUTE FUNCTION horde_refuse('{_KEPT_AS_IT_IS}')"
    )
