"""The way to a peer, walked: DNS, then each address by TCP, TLS and OPTIONS."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from umbel.app.asking import unresolved
from umbel.app.knocks import SIP_PORTS, with_knocks
from umbel.core.addresses import is_ip_address
from umbel.core.errors import PeerError, Unavailable
from umbel.diagnosis.attempt import Attempt, Step
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import Ending
from umbel.net.dns import NameSources, Resolver
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.hop import Hop, Transport
from umbel.sip.host import write_host
from umbel.sip.uri import Uri

from .hop_trial import HopTrial
from .outpost import ANYBODY, Traveller

MOST_HOPS: Final = 8
"""Addresses of one peer that are tried; whoever has more knows how to find the one that fails."""


def neighbours(port: int) -> Sequence[int]:
    """Give the ports beside one, and those of SIP: where a peer may listen instead."""
    found = dict.fromkeys((port - 1, port + 1, *SIP_PORTS))
    return [one for one in found if 0 < one < 65536 and one != port]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a walk leads."""

    host: str
    """A name or an IP address, without brackets."""
    port: int | None = None
    """``None``: DNS or the transport's default decides."""
    transport: Transport

    @property
    def uri(self) -> Uri:
        """Give what OPTIONS asks for."""
        parameters: dict[str, str | None] = {}
        if self.transport is not Transport.UDP:
            parameters["transport"] = self.transport.lower()
        return Uri(scheme="sip", host=self.host, port=self.port, parameters=parameters)

    def __str__(self) -> str:
        return f"{write_host(self.host, self.port)} over {self.transport.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """Walks to peers. Every step waits no longer than the traveller's patience."""

    traveller: Traveller
    onlooker: TlsIdentity | None = None
    """The same identity, but one that refuses no peer; ``None``: nobody looks on."""
    sources: NameSources = field(default_factory=NameSources)
    neighbours: Callable[[int], Sequence[int]] = neighbours
    """Where else to knock when nobody answers at a port."""

    def meaning(self, demand: OurDemand | None) -> "Walker":
        """Give a walker who asks the names of *demand* of TLS servers; ``None``: asks for none."""
        if demand is None:
            return self
        return replace(self, traveller=replace(self.traveller, demand=demand))

    async def walk(self, destination: Destination) -> tuple[Attempt, ...]:
        """Try every address that a peer has, all at once."""
        attempt = self._begin(destination)
        resolver = Resolver(randomness=self.traveller.randomness, sources=self.sources)
        began = self.traveller.clock.now()
        try:
            hops = await resolver.resolve(destination.uri)
        except Unavailable as error:
            return (unresolved(attempt, error, took=self.traveller.clock.now() - began),)
        attempt = replace(attempt, hops=tuple(hops))
        tries = (self._try(attempt, hop, destination) for hop in hops[:MOST_HOPS])
        found = await asyncio.gather(*tries)
        return tuple(one for several in found for one in several)

    def _begin(self, destination: Destination) -> Attempt:
        return Attempt(
            target=destination.host,
            port=destination.port,
            transport=destination.transport,
            at=self.traveller.clock.wall(),
            took=0.0,
            step=Step.RESOLVING,
        )

    async def _try(self, attempt: Attempt, hop: Hop, destination: Destination) -> list[Attempt]:
        """Try one address: also where it sends us on to, and as one who does not refuse it."""
        first = await HopTrial(self.traveller, hop).run(attempt, destination.uri)
        first = await self._with_knocks(first)
        tries = [first]
        if self._is_refused_by_us(first):
            tries.append(await self._look_on(attempt, hop, destination))
        tries += await self._follow(tries[-1], destination)
        return tries

    def _is_refused_by_us(self, attempt: Attempt) -> bool:
        report = attempt.handshake
        is_refused = report is not None and report.ending is Ending.REFUSED_BY_US
        return self.onlooker is not None and is_refused and bool(report and report.peer_chain)

    async def _look_on(self, attempt: Attempt, hop: Hop, destination: Destination) -> Attempt:
        """Go on where a node would stop, so that all is found at once and not one by one."""
        traveller = replace(self.traveller, identity=self.onlooker, demand=ANYBODY)
        attempt = replace(attempt, despite_refusal=True)
        return await HopTrial(traveller, hop).run(attempt, destination.uri)

    async def _follow(self, attempt: Attempt, destination: Destination) -> list[Attempt]:
        """Go where a 3xx answer leads, once."""
        if not attempt.redirected_to or attempt.hop is None:
            return []
        by = write_host(attempt.hop.address, attempt.hop.port)
        onward = _destination_of(attempt.redirected_to[0], destination)
        if onward is None:
            return []
        beyond = replace(self, onlooker=None)
        return [replace(one, redirected_by=by) for one in await beyond._walk_once(onward)]

    async def _walk_once(self, destination: Destination) -> tuple[Attempt, ...]:
        tries = await self.walk(destination)
        return tries[:1]

    async def _with_knocks(self, attempt: Attempt) -> Attempt:
        """Knock at the neighbouring ports where nobody spoke to us here."""
        beside = self.neighbours(attempt.hop.port) if attempt.hop is not None else ()
        traveller = self.traveller
        return await with_knocks(
            attempt, beside, patience=traveller.patience, clock=traveller.clock
        )


def _destination_of(contact: str, before: Destination) -> Destination | None:
    try:
        uri = Uri.parse(contact)
        transport = Transport((uri.parameters.get("transport") or before.transport).upper())
    except (PeerError, ValueError):
        return None
    host = uri.parameters.get("maddr") or uri.host
    return Destination(host=host, port=uri.port, transport=transport) if uri.is_sip else None


def destination(text: str, transport: Transport | None = None) -> Destination:
    """
    Read ``HOST``, ``HOST:PORT`` or ``[IPv6]:PORT``, or a SIP URI.

    Without a *transport* it is TLS, but TCP at port 5060.
    """
    uri = Uri.parse(text if text.startswith(("sip:", "sips:")) else f"sip:{text}")
    named = uri.parameters.get("transport")
    if transport is None and named:
        transport = Transport(named.upper())
    if transport is None:
        is_plain = uri.port == Transport.TCP.default_port and uri.scheme != "sips"
        transport = Transport.TCP if is_plain else Transport.TLS
    is_literal = is_ip_address(uri.host)
    port = uri.port or (transport.default_port if is_literal else None)
    return Destination(host=uri.host, port=port, transport=transport)
