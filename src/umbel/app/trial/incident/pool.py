"""The pool of the incident: as Lync does, it knows the servers of its topology by common name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from umbel.app.certificate_watch import load_identity
from umbel.app.exchange import Exchange, Manners, running_exchange
from umbel.app.settings import TlsSettings
from umbel.identity.demands import OurDemand
from umbel.identity.handshake import Role
from umbel.identity.names import presented_names
from umbel.identity.rules import LYNC
from umbel.sip.hop import Source

from .stage import NODES, POOL, Stage

_ANSWER = b"SIP/2.0 "


@dataclass(slots=True)
class Topology:
    """The servers that the pool knows, and those whom it left without a word."""

    servers: set[str] = field(default_factory=lambda: set(NODES))
    turned_away: list[str] = field(default_factory=list)
    """The common name of each, as the pool's own log has it."""

    def hears(self, message: bytes, source: Source) -> bool:
        """Say whether the pool takes a message: answers, and what a server that it knows asks."""
        if message.startswith(_ANSWER):
            return True
        chain = source.handshake.peer_chain if source.handshake is not None else ()
        if not chain:
            return False
        names = presented_names(chain[0])
        demand = OurDemand.of(*sorted(self.servers), rule=LYNC)
        if demand.judge(names, our_role=Role.SERVER).is_accepted:
            return True
        self.turned_away.extend(names.common_names)
        return False


@asynccontextmanager
async def running_pool(stage: Stage, topology: Topology) -> AsyncIterator[Exchange]:
    """Run the pool for as long as the block."""
    files = stage.folder / "company"
    tls = load_identity(
        TlsSettings(
            certificate=str(files / f"{POOL}.pem"),
            key=str(files / f"{POOL}.key"),
            trust=str(files / "authority.pem"),
        )
    )
    manners = Manners(host=POOL, hosts=stage.hosts, hears=topology.hears)
    async with running_exchange(stage.ports[POOL], tls, manners) as exchange:
        yield exchange
