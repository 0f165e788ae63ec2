"""Which gateway a peer is, who calls or is called: by its certificate, or by its address."""

import ipaddress
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from umbel.core.addresses import is_ip_address

from .objects import Gateway, Transport

Resolved = Mapping[str, Collection[str]]
"""By gateway name: the IP addresses that DNS has for the gateway's host name now."""

_SHOWN = 8
"""Of many known gateways, a refusal names this many."""


class Certificate(Protocol):
    """A certificate whose chain was found good; as text, the names in it."""

    def proves(self, gateway: Gateway) -> bool:
        """Say whether it is this gateway's, by the gateway's ``our_rule``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who sent us a request, as far as the transport can tell."""

    address: str
    """An IP address without brackets."""
    transport: Transport
    port: int | None = None
    """Tells gateways apart that share an address."""
    certificate: Certificate | None = None
    """``None`` where it showed none, or one whose chain was not found good."""
    distrust: str = ""
    """Why the chain of the certificate that it showed is not good. Such a peer is no gateway,
    whatever its address: whoever shows a certificate wants to be known by it."""

    def __str__(self) -> str:
        shown = f"{self.address} over {self.transport.value.upper()}"
        if self.transport is not Transport.TLS:
            return shown
        if self.distrust:
            return f"{shown} with a certificate that is not good ({self.distrust})"
        if self.certificate is None:
            return f"{shown} with no certificate"
        return f"{shown} with a certificate for {self.certificate}"


def recognise(peer: Peer, gateways: Mapping[str, Gateway], resolved: Resolved) -> Gateway | None:
    """
    Find the gateway that *peer* is.

    Where several fit, the best evidence wins: a certificate's name, then the exact address,
    then the smallest network; then the gateway's own transport and port; then its name.
    """
    if peer.distrust:
        return None
    fitting = sorted(
        (rank, gateway.name)
        for gateway in gateways.values()
        if (rank := _rank(peer, gateway, resolved.get(gateway.name, ()))) is not None
    )
    return gateways[fitting[0][1]] if fitting else None


def gateway_at(
    host: str, port: int, gateways: Mapping[str, Gateway], resolved: Resolved
) -> Gateway | None:
    """
    Find the TLS gateway that a request to *host* goes to, to know by which names to believe it.

    Its address is what the request names; else one of the names that its certificate may carry (a
    member of a pool); else, where the request names an IP address, one that DNS has for it.
    """
    wanted = host.lower().rstrip(".")
    leading = sorted(
        (place, port != gateway.port, gateway.name)
        for gateway in gateways.values()
        if gateway.transport is Transport.TLS
        and (place := _place_of(wanted, gateway, resolved.get(gateway.name, ()))) is not None
    )
    return gateways[leading[0][-1]] if leading else None


def suspect(address: str, gateways: Mapping[str, Gateway], resolved: Resolved) -> Gateway | None:
    """Find the TLS gateway that somebody at *address* probably is, without any proof of it."""
    there = (gateways[name] for name in names_at(address, gateways, resolved))
    return next((gateway for gateway in there if gateway.transport is Transport.TLS), None)


def names_at(address: str, gateways: Mapping[str, Gateway], resolved: Resolved) -> tuple[str, ...]:
    """Name every gateway that is at an IP address, as far as addresses tell."""
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return ()
    return tuple(
        name
        for name in sorted(gateways)
        if any(there in network for network in _networks(gateways[name], resolved.get(name, ())))
    )


def why_unknown(peer: Peer, gateways: Mapping[str, Gateway]) -> str:
    """Say who the peer is and which gateways there are, so that the difference can be seen."""
    known = [describe(gateways[name]) for name in sorted(gateways)]
    if not known:
        return f"no gateway is configured, and a call came from {peer}"
    more = [f"and {len(known) - _SHOWN} more"] if len(known) > _SHOWN else []
    return f"no gateway is {peer}; known are: " + "; ".join(known[:_SHOWN] + more)


def describe(gateway: Gateway) -> str:
    """Say how a gateway is recognised."""
    transport = gateway.transport.value.upper()
    if names := presented_names(gateway):
        by = f"{gateway.name} by a certificate for {' or '.join(names)} over {transport}"
        return f"{by} (rule {gateway.our_rule})"
    places = " or ".join((gateway.address, *gateway.from_addresses))
    with_any = " with any certificate that we trust" if gateway.takes_every_name else ""
    return f"{gateway.name} at {places} over {transport}{with_any}"


def presented_names(gateway: Gateway) -> tuple[str, ...]:
    """Give the names, one of which its certificate must carry; empty: its address is enough."""
    if gateway.transport is not Transport.TLS or gateway.takes_every_name:
        return ()
    if gateway.certificate_names or is_ip_address(gateway.address):
        return gateway.certificate_names
    return (gateway.address,)


def _place_of(wanted: str, gateway: Gateway, resolved: Collection[str]) -> int | None:
    """Give where among a gateway's places one is, the lower the better; ``None``: nowhere."""
    places = ((gateway.address,), gateway.certificate_names, resolved)
    for place, names in enumerate(places):
        if wanted in {name.lower().rstrip(".") for name in names}:
            return place
    return None


_Rank = tuple[int, bool, bool]


def _rank(peer: Peer, gateway: Gateway, resolved: Collection[str]) -> _Rank | None:
    """Give how well the gateway fits, the lower the better; ``None``: not at all."""
    evidence = _evidence(peer, gateway, resolved)
    if evidence is None:
        return None
    return evidence, peer.transport is not gateway.transport, peer.port != gateway.port


def _evidence(peer: Peer, gateway: Gateway, resolved: Collection[str]) -> int | None:
    if gateway.transport is Transport.TLS and peer.transport is not Transport.TLS:
        return None  # A source address alone is easily forged over UDP.
    if presented_names(gateway):
        return 0 if peer.certificate is not None and peer.certificate.proves(gateway) else None
    if gateway.takes_every_name and peer.certificate is None:
        return None
    address = _address(peer.address)
    fitting = [network for network in _networks(gateway, resolved) if address in network]
    return min((1 + net.max_prefixlen - net.prefixlen for net in fitting), default=None)


def _networks(
    gateway: Gateway, resolved: Collection[str]
) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for text in (gateway.address, *gateway.from_addresses, *resolved):
        network = _network(text)
        if network is not None:
            yield network


# Each message of a gateway asks for the same few addresses.


@lru_cache(maxsize=4096)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text)


@lru_cache(maxsize=4096)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Read a network or an address; ``None``: a host name, whose addresses DNS has."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
