"""The tables, as SQLAlchemy Core knows them. ``migrations`` makes them; a test compares the two."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

from umbel.core.errors import Misuse


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment. SQLite has no time zones: there it is UTC without saying so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment; give the others in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise Misuse(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Counter = BigInteger().with_variant(Integer, "sqlite")
"""Counts up by itself; SQLite does so for INTEGER only."""

metadata = MetaData()

revision = Table(
    "revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
)

configured = Table(
    "configured",
    metadata,
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("fields", JSON, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("position", Counter, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("mailbox", String, nullable=False),
    Column("node", String, nullable=False),
    Column("call", String, nullable=False),
    Column("caller_number", String, nullable=False),
    Column("caller_name", String, nullable=False),
    Column("caller_uri", String, nullable=False),
    Column("caller_mailbox", String),
    Column("received", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("audio", String, nullable=False),
    Column("duration", Float, nullable=False),
    Column("importance", String, nullable=False),
    Column("was_interrupted", Boolean, nullable=False),
    Index("messages_by_mailbox", "mailbox", "state"),
    Index("messages_by_state", "state", "node"),
)

greetings = Table(
    "greetings",
    metadata,
    Column("mailbox", String, primary_key=True),
    Column("greeting", String),
    Column("spoken_name", String),
)

pins = Table(
    "pins",
    metadata,
    Column("mailbox", String, primary_key=True),
    Column("hashed", String, nullable=False),
    Column("set_at", UtcDateTime),
    Column("must_change", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("is_locked_out", Boolean, nullable=False),
    Column("needs_reset", Boolean, nullable=False),
    Column("history", Text, nullable=False),
)

audio = Table(
    "audio",
    metadata,
    Column("id", String, primary_key=True),
)

audio_chunks = Table(
    "audio_chunks",
    metadata,
    Column("audio", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("samples", LargeBinary, nullable=False),
)

doomed_audio = Table(
    "doomed_audio",
    metadata,
    Column("audio", String, primary_key=True),
)

events = Table(
    "events",
    metadata,
    Column("position", Counter, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("level", String, nullable=False),
    Column("category", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("node", String, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("sentence", Text, nullable=False),
    Index("events_by_time", "at"),
    Index("events_by_number", "number", "at"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", String, primary_key=True),
    Column("node", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("state", String, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("answered", UtcDateTime),
    Column("ended", UtcDateTime),
    Column("caller", String, nullable=False),
    Column("caller_name", String, nullable=False),
    Column("dialled", String, nullable=False),
    Column("gateway", String, nullable=False),
    Column("dial_plan", String, nullable=False),
    Column("mailbox", String, nullable=False),
    Column("attendant", String, nullable=False),
    Column("flow", String, nullable=False),
    Column("caption", Text, nullable=False),
    Column("milestones", JSON, nullable=False),
    Column("status", Integer),
    Column("reason", Text, nullable=False),
    Column("statistics", JSON(none_as_null=True)),
    Index("calls_by_time", "started"),
    Index("calls_by_state", "state", "node"),
)

nodes = Table(
    "nodes",
    metadata,
    Column("name", String, primary_key=True),
    Column("version", String, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
    Column("listeners", JSON, nullable=False),
    Column("load", JSON(none_as_null=True)),
)

observations = Table(
    "observations",
    metadata,
    Column("node", String, primary_key=True),
    Column("gateway", String, primary_key=True),
    Column("transport", String, primary_key=True),
    Column("direction", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("attempt", JSON(none_as_null=True)),
    Column("handshake", JSON(none_as_null=True)),
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("id", String, primary_key=True),
    Column("node", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("names", JSON, nullable=False),
    Column("request", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("proof", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("enrolments_by_stage", "stage", "node"),
)
