"""What each node saw last of each gateway."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "observations",
        *(
            sa.Column(name, sa.String, primary_key=True)
            for name in ("node", "gateway", "transport", "direction")
        ),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.JSON),
        sa.Column("handshake", sa.JSON),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("observations")
