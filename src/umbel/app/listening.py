"""Opens the listeners of the settings, and says who and where we are towards peers."""

from collections.abc import Iterable
from importlib.metadata import version

from umbel.directory.objects import Transport
from umbel.net.listeners import Listener
from umbel.net.local_address import local_address_towards, outward_address
from umbel.net.signalling import Signalling
from umbel.ua import LocalAddress, LocalIdentity

from .offers import is_unspecified
from .settings import ListenerSettings, Settings, listening_port, sip_transport


async def open_listeners(settings: Settings, signalling: Signalling) -> LocalIdentity:
    """Open every listener, and give who we are towards peers: one address for each of them."""
    addresses = [
        await _open(listener, settings.node.name, signalling) for listener in settings.listener
    ]
    return LocalIdentity(addresses=tuple(addresses), product=f"Umbel/{version('umbel')}")


def describe_listeners(
    listeners: Iterable[ListenerSettings], identity: LocalIdentity
) -> tuple[str, ...]:
    """Say where is listened, as ``tls:127.0.0.1:5061``; a port that was chosen is *identity*'s."""
    return tuple(
        f"{ours.transport.lower()}:{listener.address}:{ours.port}"
        for listener, ours in zip(listeners, identity.addresses, strict=True)
    )


def advertised_host(listener: ListenerSettings, node: str) -> str:
    """
    Say how Via and Contact name us on this listener.

    With TLS peers compare names, so it is the node's; without, an address needs no DNS.
    """
    if listener.advertise:
        return listener.advertise
    if listener.transport is Transport.TLS:
        return node
    return outward_address(listener.address)


def media_address(configured: str, local: str, remote: str) -> str:
    """Give the address that a peer is to send audio to, by the two ends of its signalling."""
    if configured:
        return configured
    return local_address_towards(remote) if is_unspecified(local) else local


async def _open(listener: ListenerSettings, node: str, signalling: Signalling) -> LocalAddress:
    transport = sip_transport(listener)
    port = await signalling.listen(
        Listener(
            transport=transport,
            address=listener.address,
            port=listening_port(listener),
            requires_client_certificate=listener.require_client_certificate,
        )
    )
    return LocalAddress(transport=transport, host=advertised_host(listener, node), port=port)
