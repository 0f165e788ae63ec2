"""How much of a message we read before we refuse it (RFC 3261 section 21.5.7)."""

from dataclasses import dataclass

from .errors import MessageTooLarge


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one message. What is sent in earnest is a tenth of them."""

    head: int = 64 * 1024
    """Octets of start-line and header fields."""
    fields: int = 512
    """Header field lines."""
    body: int = 1024 * 1024
    """Octets of the body."""

    def check_head(self, size: int) -> None:
        """Refuse a head of *size* octets where it is too large."""
        _check(size, self.head, "octets of start-line and header fields")

    def check_fields(self, count: int) -> None:
        """Refuse *count* header fields where these are too many."""
        _check(count, self.fields, "header fields")

    def check_body(self, size: int) -> None:
        """Refuse a body of *size* octets where it is too large."""
        _check(size, self.body, "octets of body")


LIMITS = Limits()
"""Those that hold where nobody says otherwise."""


def _check(found: int, limit: int, of: str) -> None:
    if found > limit:
        raise MessageTooLarge(found, limit=limit, of=of)
