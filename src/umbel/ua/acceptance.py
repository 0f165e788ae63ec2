"""A 2xx to INVITE, repeated until its ACK arrives (RFC 3261 section 13.3.1.4)."""

from collections.abc import Callable

from umbel.core.instants import Instant, later
from umbel.sip.message import Request, Response
from umbel.sip.transaction.timers import doubled

from .wire import Wire


class Acceptance:
    """The 2xx of one INVITE, over every transport: a proxy on the way may have none that repeats."""

    def __init__(
        self,
        wire: Wire,
        key: str,
        response: Response,
        *,
        on_ack: Callable[[Request, Instant], None],
        on_silence: Callable[[Instant], None],
    ) -> None:
        self._wire = wire
        self._key = key
        self._response = response
        self._on_ack = on_ack
        self._on_silence = on_silence
        self._interval = wire.policy.timing.t1

    def start(self, now: Instant) -> None:
        """Send the 2xx and begin to wait."""
        self._wire.alarms.set(self._give_up, later(now, self._wire.policy.timing.patience))
        self._send(now)

    def acknowledge(self, ack: Request, now: Instant) -> None:
        """Take the ACK."""
        self.stop()
        self._on_ack(ack, now)

    def stop(self) -> None:
        """Neither repeat nor wait any longer."""
        self._wire.alarms.set(self._repeat, None)
        self._wire.alarms.set(self._give_up, None)

    def _send(self, now: Instant) -> None:
        self._wire.respond(self._key, self._response, now)
        self._wire.alarms.set(self._repeat, later(now, self._interval))

    def _repeat(self, now: Instant) -> None:
        self._interval = doubled(self._interval, self._wire.policy.timing)
        self._send(now)

    def _give_up(self, now: Instant) -> None:
        self.stop()
        self._on_silence(now)
