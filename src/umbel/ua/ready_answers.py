"""Answers to usual OPTIONS that need no transaction, no ``Request`` and no out-tray.

As a stateless server does (RFC 3261 section 8.2.7): the answer is made of the request alone, so a
repetition gets the same one, and nothing is kept of either for 32 seconds.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from umbel.core.instants import Duration, Instant
from umbel.sip.grammar import to_octets
from umbel.sip.hop import Source
from umbel.sip.usual_options import usual_options

from .admission import Admits
from .doorkeeper import Knows
from .responses import abilities
from .wire import Wire

_TAG_OCTETS: Final = 8
_WELCOME: Final[Duration] = 0.02
"""Seconds for which it holds that a peer is known and admitted: the tick of the media engines, before
which nothing is different. It may ask a hundred times in them."""


@dataclass(slots=True)
class ReadyAnswer:
    """What goes back to where a request came from."""

    data: bytes
    port: int
    """By UDP; over a connection the answer takes the same."""


class ReadyAnswers:
    """Answers the OPTIONS of peers that are known and admitted, where they ask in the usual way."""

    def __init__(self, wire: Wire, knows: Knows, admits: Admits) -> None:
        self._wire = wire
        self._knows = knows
        self._admits = admits
        self._key = b""
        self._welcome: Source | None = None
        """Who was found to be known and admitted last."""
        self._welcome_until = Instant(0.0)
        self._rest = _rest(wire.identity.product)

    def answer_to(self, data: bytes, source: Source, now: Instant) -> ReadyAnswer | None:
        """Give the 200 to a message; ``None``: it is to be received in the ordinary way."""
        request = usual_options(data)
        if request is None or self._wire.knows_transaction(request.transaction):
            return None  # What was answered in the ordinary way stays so answered.
        if not self._is_welcome(source, now):
            return None
        answer = request.answer(source, self._tag(request.identity), self._rest)
        return ReadyAnswer(answer, request.port_back(source))

    def _is_welcome(self, source: Source, now: Instant) -> bool:
        if source is self._welcome and now < self._welcome_until:
            return True
        if self._knows(source) or self._admits(source):
            return False
        self._welcome, self._welcome_until = source, Instant(now + _WELCOME)
        return True

    def _tag(self, identity: bytes) -> bytes:
        """Make the tag that only this request has, and each repetition of it."""
        if not self._key:
            self._key = self._wire.randomness.octets(16)
        return blake2b(identity, digest_size=_TAG_OCTETS, key=self._key).hexdigest().encode()


def _rest(product: str) -> bytes:
    """Write what follows CSeq in each answer."""
    fields = (("Server", product), *abilities(), ("Content-Length", "0"))
    return to_octets("".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n")
