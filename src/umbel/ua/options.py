"""Asking a peer whether it is alive (RFC 3261 section 11)."""

from umbel.core.instants import Instant
from umbel.sip.hop import Hop
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

    def start(self, target: Uri, route: tuple[Uri, ...], hop: Hop | None, now: Instant) -> None:
        """Send it: to *hop* and nowhere else, or where the route or the target leads."""
        errand = Errand(
            request=new_options(self._wire, target, route),
            uri=route[0] if route else target,
            on_answer=self._answered,
            renumber=lambda: 2,
            only=hop,
        )
        Pursuit(self._wire, errand).start(now)

    def _answered(self, answer: Answer, now: Instant) -> None:
        if answer.status >= 200:
            self._wire.tell(
                OptionsAnswered(
                    key=self.key,
                    status=answer.status,
                    reason=answer.reason,
                    response=None if answer.is_local else answer.response,
                    source=answer.source,
                )
            )
