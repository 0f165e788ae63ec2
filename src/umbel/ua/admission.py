"""Whether something new may begin with us now, and what a peer is told otherwise."""

from collections.abc import Callable
from dataclasses import dataclass

from umbel.sip.hop import Source

from .local import LocalIdentity
from .responses import Fields, warning


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How OPTIONS are answered where an INVITE would be refused (RFC 3261 section 11.2)."""

    status: int
    reason: str
    """For people, in a Warning."""
    retry_after: int | None = None
    """Seconds after which the peer may ask again."""

    def fields(self, identity: LocalIdentity) -> Fields:
        """Give the header fields of the answer."""
        again = () if self.retry_after is None else (("Retry-After", str(self.retry_after)),)
        return (*again, warning(self.reason, identity))


Admits = Callable[[Source], Refusal | None]
"""Says why a peer would be refused if it called now; ``None``: it would not."""


def at_any_time(_source: Source) -> None:
    """Admit everybody."""
