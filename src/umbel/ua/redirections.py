"""Where 3xx responses send a call, without going in circles (RFC 3261 section 8.1.3.4)."""

import re

from umbel.sip.address import Address
from umbel.sip.message import Response
from umbel.sip.uri import Uri

FOLLOWED = frozenset({300, 301, 302})
"""Redirections that name other places for the same call (section 21.3)."""

_Q = re.compile(r"[01](\.[0-9]{0,3})?")

MOST_CONTACTS = 10
"""Of one response; whoever names more is not helping."""


class Redirections:
    """The places that are still to be tried for one call."""

    def __init__(self, target: Uri, *, limit: int) -> None:
        self._visited = {str(target)}
        self._waiting: list[Uri] = []
        self._left = limit

    def note(self, response: Response) -> None:
        """Take the Contacts of a redirection, the preferred ones first; they come before others."""
        if response.status in FOLLOWED and self._left > 0:
            self._left -= 1
            contacts = sorted(response.contacts, key=_preference, reverse=True)
            self._waiting[:0] = [contact.uri for contact in contacts[:MOST_CONTACTS]]

    def next_target(self) -> Uri | None:
        """Give the next place that has not been tried; ``None``: there is none."""
        while self._waiting:
            uri = self._waiting.pop(0)
            if uri.scheme in ("sip", "sips") and str(uri) not in self._visited:
                self._visited.add(str(uri))
                return uri
        return None


def _preference(contact: Address) -> float:
    """Read the q of a Contact (section 20.10); without one it is as good as any."""
    q = contact.parameters.get("q") or "1"
    return float(q) if _Q.fullmatch(q) else 0.0
