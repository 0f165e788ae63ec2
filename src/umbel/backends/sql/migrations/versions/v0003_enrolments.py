"""Requests for certificates of the built-in authority."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "enrolments",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("names", sa.JSON, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("request", "certificate", "proof", "chain", "root", "reason")
        ),
        sa.Index("enrolments_by_stage", "stage", "node"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("enrolments")
