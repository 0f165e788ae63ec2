"""Which gateway each source is, remembered until the configuration or DNS changes."""

from typing import Final

from umbel.directory.objects import Gateway
from umbel.directory.peers import Resolved, recognise
from umbel.directory.ports import Configuration
from umbel.sip.hop import Source

from .offers import peer_of

_MOST_SOURCES: Final = 4096
"""Beyond, all are forgotten: it costs only that each is asked for once more."""


class Recognition:
    """
    Asks about a source once, for its messages are thousands and the answer does not change.

    What brings messages gives all those of a connection, or from an address, the same ``Source``.
    """

    def __init__(self) -> None:
        self._seen: tuple[Configuration, Resolved] | None = None
        self._found: dict[int, tuple[Source, Gateway | None]] = {}
        """By the number of the source, which is kept so that no other has it meanwhile."""

    def gateway(
        self, source: Source, configuration: Configuration, resolved: Resolved
    ) -> Gateway | None:
        """Give the gateway that a source is; ``None``: it is none."""
        seen = self._seen
        if seen is None or seen[0] is not configuration or seen[1] is not resolved:
            self._seen = configuration, resolved
            self._found.clear()
        known = self._found.get(id(source))
        if known is None:
            if len(self._found) >= _MOST_SOURCES:
                self._found.clear()
            gateway = recognise(peer_of(source), configuration.gateways, resolved)
            known = self._found[id(source)] = source, gateway
        return known[1]
