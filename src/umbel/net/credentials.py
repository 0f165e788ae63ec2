"""The TLS identity in use, which may be renewed while connections live."""

from collections.abc import Callable
from functools import partial

from umbel.core.errors import Mistake, Unavailable
from umbel.core.instants import Clock
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import Role
from umbel.sip.hop import Hop, Transport

from .connection_origin import ConnectionKey
from .layer import shown
from .listeners import Listener
from .tls import Expected, TlsLayer
from .tls_identity import TlsIdentity
from .tls_secrets import SecretsWatcher, TlsSecrets


class Credentials:
    """The TLS identity of the moment, and the layers made with it."""

    def __init__(self, identity: TlsIdentity | None) -> None:
        self._identity = identity
        self._secrets = TlsSecrets()
        self.demand_on: Callable[[Hop], OurDemand] = _the_host
        """What a server has to prove before something is sent to a hop."""
        self.generation = 0
        """Counts the identities; connections made with an older one are not used anew."""

    def replace(self, identity: TlsIdentity) -> None:
        """Use another identity from now on."""
        self._secrets.prepare(identity)
        self._identity = identity
        self.generation += 1

    def watch_secrets(self, watcher: SecretsWatcher | None) -> None:
        """Give the secrets of every handshake from now on to *watcher*; ``None``: to nobody."""
        self._secrets.watch(watcher)
        if self._identity is not None:
            self._secrets.prepare(self._identity)

    def close(self) -> None:
        """Log no secrets any more."""
        self.watch_secrets(None)
        self._secrets.close()

    def identity_for(self, listener: Listener) -> TlsIdentity:
        """Give the identity; where there is none, somebody forgot to configure it."""
        if self._identity is None:
            raise Mistake(
                "no TLS certificate",
                expected="certificate, key and trust in [tls]",
                where=f"listener {listener}",
            )
        return self._identity

    def accept(self, listener: Listener, name: str, clock: Clock) -> TlsLayer:
        """Make the layer of an accepted connection, which is called *name*."""
        identity, is_strict = self.identity_for(listener), listener.requires_client_certificate
        judge = None if is_strict else identity.judge
        return TlsLayer(
            identity.server_context(requires_client_certificate=is_strict),
            Role.SERVER,
            clock,
            after_step=self._after_step(name),
            expected=Expected(judge=judge),
        )

    def key_for(self, hop: Hop) -> ConnectionKey:
        """Tell which connections may stand for each other on the way to a hop."""
        is_tls = hop.transport is Transport.TLS
        return ConnectionKey(
            transport=hop.transport,
            address=hop.address,
            port=hop.port,
            domain=hop.domain.lower().rstrip(".") if is_tls else "",
            demand=self.demand_on(hop) if is_tls else None,
            identity=self.generation if is_tls else 0,
        )

    def open(self, hop: Hop, demand: OurDemand, name: str, clock: Clock) -> TlsLayer:
        """Make the layer of a connection to open: the peer is to meet our demand."""
        to = f"TLS to {shown((hop.address, hop.port))}"
        if self._identity is None:
            raise Unavailable(f"{to}: this node has no TLS certificate ([tls] in its settings)")
        domain = hop.domain.rstrip(".") or hop.address
        try:
            return TlsLayer(
                self._identity.client_context,
                Role.CLIENT,
                clock,
                server_name=domain,
                expected=Expected(demand=demand),
                after_step=self._after_step(name),
            )
        except ValueError as error:
            raise Unavailable(f"{to}: {domain!r} cannot be a server's name: {error}") from error

    def _after_step(self, connection: str) -> Callable[[], None]:
        return partial(self._secrets.hand_over, connection)


def _the_host(hop: Hop) -> OurDemand:
    return OurDemand.of_host(hop.domain.rstrip(".") or hop.address)
