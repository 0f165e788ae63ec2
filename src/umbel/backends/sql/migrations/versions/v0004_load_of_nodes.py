"""How each node bears its load."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    op.add_column("nodes", sa.Column("load", sa.JSON))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("nodes", "load")
