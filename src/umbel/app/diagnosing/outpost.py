"""A user agent with sockets of its own, for one question to one place."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from umbel.app.driver import Driver, Resolves
from umbel.app.faults import Faults
from umbel.app.teller import Teller
from umbel.core.errors import PeerError
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Duration
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import HandshakeReport
from umbel.identity.rules import CHAIN_ONLY
from umbel.net.limits import ConnectionLimits
from umbel.net.listeners import Listener
from umbel.net.local_address import local_address_towards
from umbel.net.signalling import Signalling
from umbel.net.tls_identity import TlsIdentity
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.uri import Uri
from umbel.ua import LocalAddress, LocalIdentity, UserAgent
from umbel.ua.events import Event

ANYBODY: Final = OurDemand.of(rule=CHAIN_ONLY)
"""No name is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traveller:
    """Who asks, and with what."""

    node: str
    """What Contact and Via call us."""
    clock: Clock
    randomness: Randomness
    identity: TlsIdentity | None
    patience: Duration
    """How long each step may take, in seconds."""
    demand: OurDemand = ANYBODY
    """What we ask of the names of TLS servers."""


class OnlyTo:
    """Resolves to the one place that is being tried; what it sends us on to, as usual."""

    def __init__(self, hop: Hop, target: Uri, others: Resolves | None = None) -> None:
        self._hop = hop
        self._target = target
        self._others = others

    async def resolve(self, uri: Uri) -> list[Hop]:
        """Give the hop."""
        if uri == self._target or self._others is None:
            return [self._hop]
        return await self._others.resolve(uri)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outpost:
    """What ``outpost`` runs."""

    driver: Driver
    signalling: Signalling


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who is told of what comes."""

    on_event: Callable[[Event], None]
    on_message: Callable[[bytes], None] = lambda _message: None
    on_handshake: Callable[[HandshakeReport], object] = lambda _report: None
    on_malformed: Callable[[bytes], None] = lambda _octets: None


@asynccontextmanager
async def outpost(
    traveller: Traveller, hop: Hop, resolver: Resolves, ears: Ears, *, goodbye: Duration = 0.0
) -> AsyncIterator[Outpost]:
    """Run an outpost for as long as the block; *goodbye*: how long its last words may take."""

    def take(data: bytes, source: Source) -> None:
        ears.on_message(data)
        driver.receive(data, source)

    def note(report: HandshakeReport) -> None:
        ears.on_handshake(report)

    def complain(octets: bytes, _source: Source, _error: PeerError) -> None:
        ears.on_malformed(octets)

    signalling = Signalling(
        on_message=take,
        on_handshake=note,
        on_malformed=complain,
        clock=traveller.clock,
        tls=traveller.identity,
        limits=ConnectionLimits(opening=traveller.patience, handshake=traveller.patience),
    )
    signalling.judge_servers_by(lambda _hop: traveller.demand)
    driver = Driver(
        UserAgent(traveller.randomness, await _identity(signalling, traveller, hop)),
        signalling,
        resolver,
        clock=traveller.clock,
        faults=Faults(Teller(traveller.node, traveller.clock), traveller.clock),
        on_event=ears.on_event,
    )
    try:
        yield Outpost(driver=driver, signalling=signalling)
    finally:
        await driver.stop(goodbye)
        await signalling.close()


async def _identity(signalling: Signalling, traveller: Traveller, hop: Hop) -> LocalIdentity:
    """Say where answers come to; a call may go on by another transport than it began with."""
    address = local_address_towards(hop.address)
    listener = Listener(transport=Transport.UDP, address=address, port=0)
    udp = await signalling.listen(listener)
    tls = Transport.TLS.default_port
    return LocalIdentity(
        addresses=(
            LocalAddress(transport=Transport.UDP, host=address, port=udp),
            LocalAddress(transport=Transport.TCP, host=address, port=Transport.TCP.default_port),
            LocalAddress(transport=Transport.TLS, host=traveller.node, port=tls),
        ),
        user="diagnose",
        product=f"Umbel/{version('umbel')}",
    )
