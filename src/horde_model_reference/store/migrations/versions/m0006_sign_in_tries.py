"""Create the table of tries to sign in at the pages."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, and the index by which the tries of an address are counted."""
    op.create_table(
        "sign_in_tries",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
    )
    op.create_index(op.f("ix_sign_in_tries_source_tried_at"), "sign_in_tries", ["source", "tried_at"])
