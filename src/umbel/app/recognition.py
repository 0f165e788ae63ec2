"""Which gateway each source is, remembered until the configuration or DNS changes."""

from typing import Final

from umbel.directory.objects import Gateway
from umbel.directory.peers import Resolved, recognise
from umbel.directory.ports import Configuration
from umbel.sip.hop import HandshakeOutcome, Source, Transport

from .offers import peer_of

_MOST_SOURCES: Final = 4096
"""Beyond, all are forgotten: it costs only that each is asked for once more."""

_Place = tuple[str, int, Transport, int]
"""Address, port, transport, and which handshake: all that ``peer_of`` makes a peer of."""


class Recognition:
    """Asks about a source once, for its messages are thousands and the answer does not change."""

    def __init__(self) -> None:
        self._seen: tuple[Configuration, Resolved] | None = None
        self._found: dict[_Place, tuple[HandshakeOutcome | None, Gateway | None]] = {}
        """The handshake is kept so that no other has its number meanwhile."""

    def gateway(
        self, source: Source, configuration: Configuration, resolved: Resolved
    ) -> Gateway | None:
        """Give the gateway that a source is; ``None``: it is none."""
        seen = self._seen
        if seen is None or seen[0] is not configuration or seen[1] is not resolved:
            self._seen = configuration, resolved
            self._found.clear()
        place = source.address, source.port, source.transport, id(source.handshake)
        known = self._found.get(place)
        if known is None:
            if len(self._found) >= _MOST_SOURCES:
                self._found.clear()
            gateway = recognise(peer_of(source), configuration.gateways, resolved)
            known = self._found[place] = source.handshake, gateway
        return known[1]
