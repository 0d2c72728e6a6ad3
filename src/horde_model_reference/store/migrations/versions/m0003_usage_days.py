"""Create the table of the daily figures of models."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of the daily figures of models."""
    op.create_table(
        "usage_days",
        sa.Column("category", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("usage_day", sa.BigInteger(), nullable=False),
        sa.Column("usage_month", sa.BigInteger(), nullable=False),
        sa.Column("usage_total", sa.BigInteger(), nullable=False),
        sa.Column("worker_count", sa.BigInteger(), nullable=False),
        sa.Column("unused_since", sa.Integer()),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "unused_since IS NULL OR unused_since <= day", name=op.f("ck_usage_days_unused_since")
        ),
    )
    op.create_index(op.f("ix_usage_days_category_day"), "usage_days", ["category", "day"])
