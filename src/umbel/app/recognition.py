"""Which gateway each source is, remembered until the configuration or DNS changes."""

from weakref import ref

from umbel.directory.objects import Gateway
from umbel.directory.peers import Resolved, recognise
from umbel.directory.ports import Configuration
from umbel.sip.hop import Source

from .offers import peer_of


class Recognition:
    """
    Asks about a source once, for its messages are thousands and the answer does not change.

    What brings messages gives all those of a connection, or from an address, the same ``Source``;
    when that is gone it is forgotten here.
    """

    def __init__(self) -> None:
        self._seen: tuple[Configuration, Resolved] | None = None
        self._found: dict[int, tuple[ref[Source], Gateway | None]] = {}
        """By the number of the source, for as long as it lives."""

    def __len__(self) -> int:
        """Give how many sources are remembered."""
        return len(self._found)

    def gateway(
        self, source: Source, configuration: Configuration, resolved: Resolved
    ) -> Gateway | None:
        """Give the gateway that a source is; ``None``: it is none."""
        seen = self._seen
        if seen is None or seen[0] is not configuration or seen[1] is not resolved:
            self._seen = configuration, resolved
            self._found.clear()
        number = id(source)
        known = self._found.get(number)
        if known is None or known[0]() is not source:
            gateway = recognise(peer_of(source), configuration.gateways, resolved)
            gone = ref(source, lambda _: self._found.pop(number, None))
            known = self._found[number] = gone, gateway
        return known[1]
