"""Transfer: what Refer-To asks for and what NOTIFY tells of it (RFC 3515, RFC 3891, RFC 3420)."""

from dataclasses import dataclass, replace

from .errors import MalformedMessage
from .grammar import to_octets, to_text
from .message import VERSION, parse_status_line
from .parameters import NONE, Parameters
from .replaces import Replaces
from .status import phrase_of
from .uri import Uri

SIPFRAG = "message/sipfrag"
"""The type of the bodies that tell of a transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferTarget:
    """Whom a REFER asks to call, and in place of which dialog."""

    uri: Uri
    """The Request-URI of the call to make, without headers."""
    replaces: Replaces | None = None

    @classmethod
    def of(cls, uri: Uri) -> "ReferTarget":
        """Read the URI of a Refer-To; raises ``MalformedMessage``."""
        text = uri.headers.get("replaces")
        replaces = Replaces.parse(text, "Refer-To, Replaces") if text else None
        return cls(uri=replace(uri, headers=NONE), replaces=replaces)

    def to_uri(self) -> Uri:
        """Give the URI for a Refer-To."""
        if self.replaces is None:
            return self.uri
        return replace(self.uri, headers=Parameters({"Replaces": str(self.replaces)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFragment:
    """The status line in the body of a NOTIFY: how far the referred call is."""

    status: int
    reason: str

    @classmethod
    def parse(cls, body: bytes) -> "StatusFragment":
        """Read the status line that a body begins with; raises ``MalformedMessage``."""
        line = to_text(body.lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r"))
        if not line.startswith("SIP/"):
            raise MalformedMessage(to_octets(line), at=0, expected="a status line", where="sipfrag")
        status, reason = parse_status_line(line)
        return cls(status=status, reason=reason)

    @property
    def is_final(self) -> bool:
        """Whether the referred call is decided."""
        return self.status >= 200

    def __bytes__(self) -> bytes:
        reason = self.reason or phrase_of(self.status)
        return to_octets(f"{VERSION} {self.status} {reason}\r\n")
