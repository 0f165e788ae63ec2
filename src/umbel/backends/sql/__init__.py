"""The store on SQLite (one node) or PostgreSQL (many): the same statements and migrations for both."""

from .store import SqlStore

__all__ = ["SqlStore"]
