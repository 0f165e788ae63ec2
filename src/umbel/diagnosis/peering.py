"""One node and one peer: who they are to each other, and how an administrator changes that."""

from dataclasses import dataclass

from umbel.identity.surroundings import Surroundings
from umbel.sip.hop import Transport
from umbel.sip.host import write_host


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """Whom a diagnosis is about."""

    around: Surroundings
    """Who we are, whom we meant, and what both sides ask for."""
    target: str
    """The peer's host, as configured or typed."""
    uses_tls: bool = True
    """Whether certificates have a say in it."""
    is_configured: bool = True
    """Whether the peer is a gateway of ours; otherwise commands try again instead of changing it."""

    @property
    def gateway(self) -> str:
        """Name the peer."""
        return self.around.gateway

    def with_port(self, port: int) -> str:
        """Give the command that uses another port."""
        if self.is_configured:
            return f"umbel gateway set {self.gateway} --port {port}"
        return f"umbel diagnose {write_host(self.target, port)}"

    def with_transport(self, transport: Transport, port: int | None = None) -> str:
        """Give the command that uses another transport, and perhaps another port."""
        name = transport.lower()
        if self.is_configured:
            at = "" if port is None else f" --port {port}"
            return f"umbel gateway set {self.gateway} --transport {name}{at}"
        return f"umbel diagnose {write_host(self.target, port)} --transport {name}"

    def with_address(self) -> str:
        """Give the command that uses another host."""
        if self.is_configured:
            return f"umbel gateway set {self.gateway} --address HOST"
        return "umbel diagnose HOST"
