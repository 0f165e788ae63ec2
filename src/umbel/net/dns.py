"""From a SIP URI to the places to send to, in the order to try them (RFC 3263)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import dns.asyncresolver
import dns.nameserver
import dns.resolver

from umbel.core.addresses import is_ip_address
from umbel.core.errors import Unavailable
from umbel.core.identifiers import Randomness
from umbel.core.instants import Duration
from umbel.sip.hop import Hop, Transport
from umbel.sip.unresolved import Unresolved, WhyUnresolved
from umbel.sip.uri import Uri

from .hosts_file import HOSTS_FILE, read_hosts
from .inquiry import Inquiry
from .layer import Address
from .service_records import (
    SERVICE_PREFIXES,
    SERVICES,
    in_order_of_preference,
    in_order_of_trial,
)
from .system_names import SystemNames

_TARGETS: Final = 16
"""Hosts of one URI that are looked up; a longer list helps nobody."""


Hosts = Mapping[str, Sequence[str]]
"""Addresses by lower-case name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSources:
    """Where names are looked up, in this order."""

    hosts: Hosts = field(default_factory=dict)
    """Names that the caller knows."""
    hosts_file: Path | None = HOSTS_FILE
    """Addresses of this machine's own. A name that has one is not asked of DNS at all."""
    name_servers: Sequence[Address] = ()
    """Addresses and ports; empty for those of this machine."""
    asks_system: bool = True
    """Ask the machine's resolver for an address that DNS does not have."""
    patience: Duration = 3.0
    """How long the name servers have for each question, and the machine's resolver after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """A host to find the addresses of."""

    transport: Transport
    host: str
    port: int


class Resolver:
    """Finds hops. Keeps what DNS said for as long as DNS allows."""

    def __init__(
        self,
        *,
        randomness: Randomness,
        sources: NameSources | None = None,
        transports: Sequence[Transport] = tuple(Transport),
    ) -> None:
        self._randomness = randomness
        self._sources = sources or NameSources()
        self._transports = tuple(transports)
        self._servers = _servers(self._sources)
        self._system = SystemNames(self._sources.patience)

    async def resolve(self, uri: Uri) -> list[Hop]:
        """Give the hops that *uri* leads to, best first; at least one, or ``Unavailable``."""
        if not uri.is_sip:
            raise Unavailable(f"{uri}: names no host that speaks SIP")
        aim = _Aim(uri, self._transports)
        if aim.is_literal:
            return [aim.hop(aim.sole_target(), aim.next_host)]
        static = self._static_addresses(aim.next_host)
        if static:
            return [aim.hop(aim.sole_target(), address) for address in static]
        inquiry = Inquiry(self._servers, self._system)
        targets = await self._targets(aim, inquiry)
        found = await asyncio.gather(
            *(self._addresses(target.host, inquiry) for target in targets[:_TARGETS])
        )
        hops = [
            aim.hop(target, address)
            for target, addresses in zip(targets, found, strict=False)
            for address in addresses
        ]
        if not hops:
            raise _nothing_found(aim, targets, inquiry)
        return hops

    async def _targets(self, aim: "_Aim", inquiry: Inquiry) -> list[_Target]:
        """Choose transport and port (RFC 3263 sections 4.1 and 4.2)."""
        if aim.port is not None:
            return [aim.sole_target()]
        if aim.transport is not None:
            names = [(aim.transport, f"{SERVICE_PREFIXES[aim.transport]}.{aim.next_host}")]
        else:
            names = await self._names_by_authority(aim, inquiry)
        targets: list[_Target] = []
        is_offered = True
        for transport, name in names:
            records = await inquiry.services(name)
            is_offered = is_offered and [record.target for record in records] != [""]
            targets += [
                _Target(transport=transport, host=record.target, port=record.port)
                for record in in_order_of_trial(records, self._randomness)
                if record.target
            ]
        return targets if targets or not is_offered else [aim.sole_target()]

    async def _names_by_authority(
        self, aim: "_Aim", inquiry: Inquiry
    ) -> list[tuple[Transport, str]]:
        """Give the names of SRV records, as NAPTR says or, where it is silent, as is usual."""
        authorities = in_order_of_preference(await inquiry.naming_authorities(aim.next_host))
        names = [
            (SERVICES[record.service], record.replacement)
            for record in authorities
            if SERVICES.get(record.service) in aim.allowed
        ]
        if names:
            return names
        return [
            (transport, f"{SERVICE_PREFIXES[transport]}.{aim.next_host}") for transport in aim.usual
        ]

    async def _addresses(self, host: str, inquiry: Inquiry) -> Sequence[str]:
        if is_ip_address(host):
            return [host]
        addresses = self._static_addresses(host) or await inquiry.addresses(host)
        if not addresses and self._sources.asks_system:
            addresses = await inquiry.system_addresses(host)
        return addresses

    def _static_addresses(self, host: str) -> Sequence[str]:
        given = self._sources.hosts.get(host)
        if given or self._sources.hosts_file is None:
            return given or ()
        return read_hosts(self._sources.hosts_file).get(host, ())


class _Aim:
    """What a URI itself says about where to send."""

    def __init__(self, uri: Uri, transports: Sequence[Transport]) -> None:
        self._uri = uri
        self.domain = _bare(uri.host)
        """The name that the peer has to prove."""
        self.next_host = _bare(uri.parameters.get("maddr") or uri.host)
        """Where to go: ``maddr`` leads elsewhere (RFC 3261 section 19.1.1)."""
        self.port: int | None = uri.port
        self.is_literal = is_ip_address(self.next_host)
        self.transport = _explicit_transport(uri)
        is_secure = uri.scheme == "sips"
        self.allowed = (Transport.TLS,) if is_secure else tuple(transports)
        self.usual = (
            self.allowed if is_secure else tuple(t for t in transports if t is not Transport.TLS)
        )
        """Without NAPTR, a plain sip URI does not lead to TLS (RFC 3263 section 4.1)."""

    def sole_target(self) -> _Target:
        """Give the host itself, without asking DNS for a service."""
        transport = self.transport or next(iter(self.usual), Transport.UDP)
        return _Target(
            transport=transport, host=self.next_host, port=self.port or transport.default_port
        )

    def hop(self, target: _Target, address: str) -> Hop:
        """Give the hop to one address of a target."""
        return Hop(
            transport=target.transport,
            address=address,
            port=target.port,
            domain="" if is_ip_address(self.domain) else self.domain,
        )

    def __str__(self) -> str:
        return str(self._uri)


def _explicit_transport(uri: Uri) -> Transport | None:
    """Read the ``transport`` parameter; with sips, tcp means TLS (RFC 3261 section 26.2.2)."""
    named = (uri.parameters.get("transport") or "").upper()
    if not named:
        return None
    try:
        transport = Transport(named)
    except ValueError:
        raise Unavailable(f"{uri}: we do not speak the transport {named.lower()}") from None
    if uri.scheme != "sips":
        return transport
    if transport is Transport.UDP:
        raise Unavailable(f"{uri}: a sips URI cannot be reached by UDP")
    return Transport.TLS


def _servers(sources: NameSources) -> dns.asyncresolver.Resolver | None:
    """Make dnspython's resolver; ``None`` where this machine names no name server."""
    try:
        resolver = dns.asyncresolver.Resolver(configure=not sources.name_servers)
    except dns.resolver.NoResolverConfiguration:
        return None
    if sources.name_servers:
        resolver.nameservers = [
            dns.nameserver.Do53Nameserver(address, port) for address, port in sources.name_servers
        ]
    resolver.lifetime = sources.patience
    resolver.cache = dns.resolver.LRUCache()
    return resolver


def _nothing_found(aim: _Aim, targets: Sequence[_Target], inquiry: Inquiry) -> Unresolved:
    why = _why(aim, targets, inquiry)
    match why:
        case WhyUnresolved.NO_SUCH_SERVICE:
            text = f"{aim}: {aim.next_host} says that it offers no such service"
        case WhyUnresolved.NO_ANSWER:
            text = f"{aim}: {why.value}"
        case _:
            text = f"{why.value.removeprefix('there is ')}: {aim.next_host} ({aim})"
    return Unresolved(f"{text}; asked {inquiry.trail}", why=why, asked=inquiry.trail)


def _why(aim: _Aim, targets: Sequence[_Target], inquiry: Inquiry) -> WhyUnresolved:
    if not targets:
        return WhyUnresolved.NO_SUCH_SERVICE
    if inquiry.has_no_server:
        return WhyUnresolved.NO_NAME_SERVER
    if inquiry.is_unanswered:
        return WhyUnresolved.NO_ANSWER
    if any(target.host != aim.next_host for target in targets):
        return WhyUnresolved.SERVICE_LEADS_NOWHERE
    if inquiry.is_known(aim.next_host):
        return WhyUnresolved.NO_ADDRESS
    return WhyUnresolved.NO_SUCH_NAME


def _bare(host: str) -> str:
    """Give a host in lower case, without brackets and without a dot at its end."""
    return host.strip("[]").rstrip(".").lower()
