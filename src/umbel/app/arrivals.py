"""Keeps what each gateway showed when it last opened a connection to us, or tried to."""

from datetime import datetime
from typing import Final

from umbel.core.instants import Clock, Duration
from umbel.diagnosis.observation import Direction, Observation, PeeringState
from umbel.diagnosis.ports import Observations
from umbel.diagnosis.verdict import refusal
from umbel.directory.objects import Gateway
from umbel.directory.peers import Resolved, suspect
from umbel.directory.ports import Configuration
from umbel.identity.handshake import HandshakeReport, Role
from umbel.sip.hop import Source, Transport

KEEP_EVERY: Final[Duration] = 30.0
"""Seconds after which the same thing is kept again, so that its age tells that it still is so."""

KEEP_FRESH: Final[Duration] = 1.0
"""Seconds after which another handshake is kept: whoever dials in a loop must not fill the store."""

_Key = tuple[str, Transport]


class Arrivals:
    """The direction from the gateways: nothing is asked, only noted."""

    def __init__(self, node: str, clock: Clock, observations: Observations) -> None:
        self._node = node
        self._clock = clock
        self._observations = observations
        self._kept: dict[_Key, Observation] = {}

    def note_request(self, gateway: Gateway, source: Source) -> None:
        """Take note that a gateway began something with us."""
        self._note(gateway, source.transport, PeeringState.UP, _report_of(source))

    def note_stranger(
        self, source: Source, configuration: Configuration, resolved: Resolved
    ) -> None:
        """Take note that somebody at a gateway's address did not prove to be that gateway."""
        gateway = suspect(source.address, configuration.gateways, resolved)
        report = _report_of(source)
        if gateway is not None and report is not None:
            self._note(gateway, source.transport, PeeringState.REFUSED_BY_US, report)

    def note_failure(
        self, report: HandshakeReport, configuration: Configuration, resolved: Resolved
    ) -> None:
        """Take note of a handshake that a gateway, by its address, began and that failed."""
        gateway = suspect(report.remote[0], configuration.gateways, resolved)
        state = refusal(report)
        if gateway is not None and state is not None and report.role is Role.SERVER:
            self._note(gateway, Transport.TLS, state, report)

    def _note(
        self,
        gateway: Gateway,
        transport: Transport,
        state: PeeringState,
        report: HandshakeReport | None,
    ) -> None:
        key, now = (gateway.name, transport), self._clock.wall()
        known = self._kept.get(key)
        is_other = known is None or known.state is not state
        if known is not None and not is_other and not _is_due(known, now, report):
            return
        seen = Observation(
            node=self._node,
            gateway=gateway.name,
            transport=transport,
            direction=Direction.FROM_GATEWAY,
            state=state,
            since=now if known is None or is_other else known.since,
            at=now,
            handshake=report,
        )
        self._kept[key] = seen
        self._observations.put(seen)


def _is_due(known: Observation, now: datetime, report: HandshakeReport | None) -> bool:
    age = (now - known.at).total_seconds()
    return age >= (KEEP_EVERY if report == known.handshake else KEEP_FRESH)


def _report_of(source: Source) -> HandshakeReport | None:
    return source.handshake if isinstance(source.handshake, HandshakeReport) else None
