"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _configuration()
    _mailboxes()
    _audio()
    _events()
    _calls()


def downgrade() -> None:
    """Take them away."""
    for table in (
        *("nodes", "calls", "events", "doomed_audio", "audio_chunks", "audio"),
        *("pins", "greetings", "messages", "configured", "revision"),
    ):
        op.drop_table(table)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.String, nullable=False)


def _configuration() -> None:
    revision_table = op.create_table(
        "revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(revision_table, [{"id": 1, "number": 0}])
    op.create_table(
        "configured",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("fields", sa.JSON, nullable=False),
    )


def _mailboxes() -> None:
    op.create_table(
        "messages",
        sa.Column("position", _COUNTER, primary_key=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        *map(_text, ("mailbox", "node", "call", "caller_number", "caller_name", "caller_uri")),
        sa.Column("caller_mailbox", sa.String),
        sa.Column("received", _MOMENT, nullable=False),
        *map(_text, ("state", "audio")),
        sa.Column("duration", sa.Float, nullable=False),
        _text("importance"),
        sa.Column("was_interrupted", sa.Boolean, nullable=False),
    )
    op.create_index("messages_by_mailbox", "messages", ["mailbox", "state"])
    op.create_index("messages_by_state", "messages", ["state", "node"])
    op.create_table(
        "greetings",
        sa.Column("mailbox", sa.String, primary_key=True),
        sa.Column("greeting", sa.String),
        sa.Column("spoken_name", sa.String),
    )
    op.create_table(
        "pins",
        sa.Column("mailbox", sa.String, primary_key=True),
        _text("hashed"),
        sa.Column("set_at", _MOMENT),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("is_locked_out", sa.Boolean, nullable=False),
        sa.Column("needs_reset", sa.Boolean, nullable=False),
        sa.Column("history", sa.Text, nullable=False),
    )


def _audio() -> None:
    op.create_table("audio", sa.Column("id", sa.String, primary_key=True))
    op.create_table(
        "audio_chunks",
        sa.Column("audio", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("samples", sa.LargeBinary, nullable=False),
    )
    op.create_table("doomed_audio", sa.Column("audio", sa.String, primary_key=True))


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("position", _COUNTER, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        *map(_text, ("level", "category")),
        sa.Column("at", _MOMENT, nullable=False),
        _text("node"),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
    )
    op.create_index("events_by_time", "events", ["at"])
    op.create_index("events_by_number", "events", ["number", "at"])


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String, primary_key=True),
        *map(_text, ("node", "direction", "state")),
        sa.Column("started", _MOMENT, nullable=False),
        sa.Column("answered", _MOMENT),
        sa.Column("ended", _MOMENT),
        *map(_text, ("caller", "caller_name", "dialled", "gateway", "dial_plan")),
        *map(_text, ("mailbox", "attendant", "flow")),
        sa.Column("caption", sa.Text, nullable=False),
        sa.Column("milestones", sa.JSON, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("statistics", sa.JSON),
    )
    op.create_index("calls_by_time", "calls", ["started"])
    op.create_index("calls_by_state", "calls", ["state", "node"])
    op.create_table(
        "nodes",
        sa.Column("name", sa.String, primary_key=True),
        _text("version"),
        sa.Column("started", _MOMENT, nullable=False),
        sa.Column("heartbeat", _MOMENT, nullable=False),
        sa.Column("listeners", sa.JSON, nullable=False),
    )
