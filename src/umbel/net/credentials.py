"""The TLS identity in use, which may be renewed while connections live."""

from umbel.core.errors import Mistake, Unavailable
from umbel.core.instants import Clock
from umbel.identity.handshake import Role
from umbel.sip.hop import Hop

from .layer import shown
from .listeners import Listener
from .tls import TlsLayer
from .tls_identity import TlsIdentity


class Credentials:
    """The TLS identity of the moment, and the layers made with it."""

    def __init__(self, identity: TlsIdentity | None) -> None:
        self._identity = identity
        self.generation = 0
        """Counts the identities; connections made with an older one are not used anew."""

    def replace(self, identity: TlsIdentity) -> None:
        """Use another identity from now on."""
        self._identity = identity
        self.generation += 1

    def identity_for(self, listener: Listener) -> TlsIdentity:
        """Give the identity; where there is none, somebody forgot to configure it."""
        if self._identity is None:
            raise Mistake(
                "no TLS certificate",
                expected="certificate, key and trust in [tls]",
                where=f"listener {listener}",
            )
        return self._identity

    def accept(self, listener: Listener, clock: Clock) -> TlsLayer:
        """Make the layer of an accepted connection."""
        context = self.identity_for(listener).server_context(
            requires_client_certificate=listener.requires_client_certificate
        )
        return TlsLayer(context, Role.SERVER, clock)

    def open(self, hop: Hop, clock: Clock) -> TlsLayer:
        """Make the layer of a connection to open: the peer is to prove the hop's domain."""
        to = f"TLS to {shown((hop.address, hop.port))}"
        if self._identity is None:
            raise Unavailable(f"{to}: this node has no TLS certificate ([tls] in its settings)")
        name = hop.domain.rstrip(".") or hop.address
        try:
            return TlsLayer(self._identity.client_context, Role.CLIENT, clock, server_name=name)
        except ValueError as error:
            raise Unavailable(f"{to}: {name!r} cannot be a server's name: {error}") from error
