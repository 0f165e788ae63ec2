"""One torture message with what is expected of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TortureCase:
    """A message of RFC 4475 or RFC 5118."""

    name: str
    """As the RFC names its file."""
    section: str
    octets: bytes
    status: int | None = None
    """
    What ``parse_message`` or ``validate_request`` answers; ``None``: the message is fine. A
    response with a status is dropped.
    """
    complaint: str = ""
    """What the error says, in part."""
    later: int | None = None
    """What a user agent answers although the message is fine: 405, 415, 420, 481 or 501."""


def wire(text: str) -> bytes:
    """Give *text* as it is sent: with CR LF, and each character as one octet."""
    return text.removeprefix("\n").replace("\n", "\r\n").encode("latin-1")
