"""Asking a peer whether it is alive (RFC 3261 section 11)."""

from umbel.core.instants import Instant
from umbel.sip.uri import Uri

from .events import OptionsAnswered
from .failover import Answer, Errand, Pursuit
from .requests import new_options
from .wire import Wire


class OptionsRequest:
    """One OPTIONS of ours and what comes of it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.key = "options " + wire.randomness.token(8)

    def start(self, target: Uri, route: tuple[Uri, ...], now: Instant) -> None:
        """Send it."""
        errand = Errand(
            request=new_options(self._wire, target, route),
            uri=route[0] if route else target,
            on_answer=self._answered,
            renumber=lambda: 2,
        )
        Pursuit(self._wire, errand).start(now)

    def _answered(self, answer: Answer, now: Instant) -> None:
        if answer.status >= 200:
            self._wire.tell(
                OptionsAnswered(key=self.key, status=answer.status, reason=answer.reason)
            )
