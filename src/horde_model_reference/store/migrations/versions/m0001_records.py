"""Create the tables of records and their versions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of records and their versions."""
    op.create_table(
        "registry",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("initialized_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_registry_one_row")),
    )
    op.create_table(
        "categories",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("initialized_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "record_versions",
        sa.Column("serial", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("category", sa.String(64), sa.ForeignKey("categories.name"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("operation", sa.String(8), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("legacy", sa.Text()),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "operation IN ('create', 'update', 'delete')", name=op.f("ck_record_versions_operation")
        ),
        sa.CheckConstraint(
            "(operation = 'delete') = (document IS NULL)", name=op.f("ck_record_versions_tombstone")
        ),
    )
    op.create_index(
        op.f("ix_record_versions_category_name_serial"), "record_versions", ["category", "name", "serial"]
    )
    op.create_table(
        "records",
        sa.Column("category", sa.String(64), sa.ForeignKey("categories.name"), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column(
            "serial", sa.BigInteger(), sa.ForeignKey("record_versions.serial"), nullable=False, unique=True
        ),
    )
    op.create_index(op.f("ix_records_category_position"), "records", ["category", "position"], unique=True)
    op.create_table(
        "category_counters",
        sa.Column("format", sa.String(8), primary_key=True),
        sa.Column("category", sa.String(64), primary_key=True),
        sa.Column("last_updated", sa.BigInteger(), nullable=False),
        sa.Column("last_operation_type", sa.String(8)),
        sa.Column("last_operation_model", sa.Text()),
        sa.Column("total_creates", sa.BigInteger(), nullable=False),
        sa.Column("total_updates", sa.BigInteger(), nullable=False),
        sa.Column("total_deletes", sa.BigInteger(), nullable=False),
        sa.Column("initialization_time", sa.BigInteger(), nullable=False),
        sa.Column("last_successful_operation", sa.BigInteger(), nullable=False),
        sa.Column("error_count", sa.BigInteger(), nullable=False),
    )
