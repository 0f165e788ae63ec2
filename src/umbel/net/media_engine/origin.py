"""Where the packets of a stream may come from, and where ours go: agreed, or learnt once."""

from .names import Endpoint, canonical


class Origin:
    """
    The peer's address of one stream.

    Signalling agrees on it. A peer behind NAT cannot know its own: where signalling allows it,
    the first packet that proves valid settles the address, and no later one changes it.
    """

    def __init__(self, address: str, port: int, *, learns: bool) -> None:
        host = canonical(address)
        self.agreed = (address, port)
        self.learns = learns
        self.target: Endpoint | None = (host, port) if host is not None and port else None
        """Where our packets go; ``None``: nowhere, the peer has no use for them."""
        self.is_settled = not learns
        self._is_closed = port == 0

    def admits(self, source: Endpoint) -> bool:
        """Say whether a packet from *source* may belong to the stream."""
        return not self._is_closed and (source == self.target or not self.is_settled)

    def settle(self, source: Endpoint) -> None:
        """Take *source*, whose packet was valid, for the address, unless one is settled."""
        if not self.is_settled:
            self.target = source
            self.is_settled = True
