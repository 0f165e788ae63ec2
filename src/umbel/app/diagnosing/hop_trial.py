"""One OPTIONS to one place, by a connection of its own, with everything on the way noted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Final

from umbel.app.asking import Asker
from umbel.app.driver import Driver
from umbel.app.faults import Faults
from umbel.app.teller import Teller
from umbel.core.errors import PeerError
from umbel.core.identifiers import Randomness
from umbel.core.instants import Clock, Duration
from umbel.diagnosis.attempt import Attempt, Step
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
from umbel.ua.events import Event, OptionsAnswered

ANYBODY: Final = OurDemand.of(rule=CHAIN_ONLY)
"""No name is asked for."""
_GOODBYE: Final[Duration] = 0.0
_SHOWN: Final = 40
"""Bytes of an answer that is no SIP that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traveller:
    """Who walks, and with what."""

    node: str
    """What Contact and Via call us."""
    clock: Clock
    randomness: Randomness
    identity: TlsIdentity | None
    patience: Duration
    """How long each step may take, in seconds."""
    demand: OurDemand = ANYBODY
    """What we ask of the names of TLS servers."""


class _Sole:
    """Resolves every URI to the one place that is being tried."""

    def __init__(self, hop: Hop) -> None:
        self._hop = hop

    async def resolve(self, _uri: Uri) -> list[Hop]:
        """Give the hop."""
        return [self._hop]


class HopTrial:
    """Everything that one OPTIONS needs, made for it alone."""

    def __init__(self, traveller: Traveller, hop: Hop) -> None:
        self._traveller = traveller
        self._hop = hop
        self._other = b""
        self._asker: Asker | None = None
        self._signalling = Signalling(
            on_message=self._take,
            on_handshake=self._note,
            on_malformed=self._complain,
            clock=traveller.clock,
            tls=traveller.identity,
            limits=ConnectionLimits(opening=traveller.patience, handshake=traveller.patience),
        )
        self._signalling.judge_servers_by(lambda _hop: traveller.demand)
        self._driver: Driver | None = None

    async def run(self, start: Attempt, target: Uri) -> Attempt:
        """Send OPTIONS for *target*, and complete *start* with what came of it."""
        async with self._ready() as asker:
            # The handshake has a patience of its own, at the end of which there is a report.
            patience = 2 * self._traveller.patience
            attempt = await asker.ask_hop(start, target, self._hop, patience)
            is_open = self._signalling.connections > 0
        return self._completed(attempt, is_open=is_open)

    @asynccontextmanager
    async def _ready(self) -> AsyncIterator[Asker]:
        traveller = self._traveller
        self._driver = driver = Driver(
            UserAgent(traveller.randomness, await self._identity()),
            self._signalling,
            _Sole(self._hop),
            clock=traveller.clock,
            faults=Faults(Teller(traveller.node, traveller.clock), traveller.clock),
            on_event=self._hear,
        )
        self._asker = Asker(driver, _Sole(self._hop), traveller.clock)
        try:
            yield self._asker
        finally:
            await driver.stop(_GOODBYE)
            await self._signalling.close()

    async def _identity(self) -> LocalIdentity:
        """Say where answers come to; by UDP a socket has to be open for them."""
        transport = self._hop.transport
        address = local_address_towards(self._hop.address)
        host, port = address, transport.default_port
        if transport is Transport.TLS:
            host = self._traveller.node
        elif transport is Transport.UDP:
            listener = Listener(transport=transport, address=address, port=0)
            port = await self._signalling.listen(listener)
        here = LocalAddress(transport=transport, host=host, port=port)
        product = f"Umbel/{version('umbel')}"
        return LocalIdentity(addresses=(here,), user="diagnose", product=product)

    def _take(self, data: bytes, source: Source) -> None:
        if self._driver is not None:
            self._driver.receive(data, source)

    def _note(self, report: HandshakeReport) -> None:
        if self._asker is not None:
            self._asker.take_report(report)

    def _hear(self, event: Event) -> None:
        if isinstance(event, OptionsAnswered) and self._asker is not None:
            self._asker.take_answer(event)

    def _complain(self, octets: bytes, _source: Source, _error: PeerError) -> None:
        self._other = octets

    def _completed(self, attempt: Attempt, *, is_open: bool) -> Attempt:
        """Say more of an OPTIONS that nobody answered."""
        if self._other:
            first = self._other[:_SHOWN]
            problem = f"what came back is no SIP: it begins with {first!r}"
            return replace(attempt, step=Step.ASKING, problem=problem, is_other_protocol=True)
        is_silent = attempt.step is Step.ASKING and attempt.transport is not Transport.UDP
        if is_silent and not is_open:
            problem = "the connection was closed without an answer to OPTIONS"
            return replace(attempt, problem=problem)
        return attempt
