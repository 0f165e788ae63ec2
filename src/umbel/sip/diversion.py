"""Who was called before: Diversion (RFC 5806) and History-Info (RFC 7044)."""

from dataclasses import dataclass

from .address import Address
from .errors import MalformedMessage
from .reason import Reason
from .uri import Uri


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversion:
    """One diversion of the call; the first of a message is the latest."""

    address: Address
    """Who diverted, with all parameters of the diversion."""

    @classmethod
    def parse_many(cls, text: str, where: str = "Diversion") -> list["Diversion"]:
        """Read a comma-separated list of diversions; raises ``MalformedMessage``."""
        return [cls(address=address) for address in Address.parse_many(text, where)]

    @property
    def uri(self) -> Uri:
        """Whom the call was for before it was diverted."""
        return self.address.uri

    @property
    def reason(self) -> str:
        """Why, in lower case: ``no-answer``, ``user-busy``, ``unconditional``, …; ``unknown``."""
        return (self.address.parameters.get("reason") or "unknown").lower()

    @property
    def counter(self) -> int:
        """How many diversions this one stands for."""
        counter = self.address.parameters.get("counter") or ""
        return int(counter) if counter.isascii() and counter.isdigit() and len(counter) < 4 else 1

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One target that the request was sent to (RFC 7044 section 5)."""

    address: Address
    """The target, with the parameters of the entry; its URI may carry Reason and Privacy headers."""

    @classmethod
    def parse_many(cls, text: str, where: str = "History-Info") -> list["HistoryEntry"]:
        """Read a comma-separated list of entries; raises ``MalformedMessage``."""
        return [cls(address=address) for address in Address.parse_many(text, where)]

    @property
    def uri(self) -> Uri:
        """The target."""
        return self.address.uri

    @property
    def index(self) -> tuple[int, ...]:
        """Where in the tree of targets this one stands; empty where the entry does not say."""
        digits = (self.address.parameters.get("index") or "").split(".")
        return tuple(map(int, digits)) if all(map(_is_short_number, digits)) else ()

    @property
    def reasons(self) -> list[Reason]:
        """Why the request went on from here: Reason headers within the URI (section 5)."""
        text = self.uri.headers.get("reason")
        try:
            return Reason.parse_many(text) if text else []
        except MalformedMessage:
            return []  # An ornament of an entry that is good without it.

    @property
    def cause(self) -> int | None:
        """Why the request was retargeted to here, as a status code (RFC 4458 section 2.1)."""
        cause = self.uri.parameters.get("cause") or ""
        return int(cause) if _is_short_number(cause) else None

    def __str__(self) -> str:
        return str(self.address)


def _is_short_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
