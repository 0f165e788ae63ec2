"""Diagnosing whatever answers at an address: no gateway, no store, no settings needed."""

from collections.abc import Sequence

from umbel.core.addresses import is_ip_address
from umbel.diagnosis.diagnosis import Diagnosis, diagnosis_of
from umbel.diagnosis.peering import Peering
from umbel.identity.demands import OurDemand, PeersDemand
from umbel.identity.rules import Rule
from umbel.identity.surroundings import Surroundings
from umbel.sip.hop import Transport
from umbel.sip.host import write_host

from .outfit import Outfit
from .sighting import look
from .walk import Destination


async def diagnose_address(
    destination: Destination, outfit: Outfit, *, rule: Rule | None = None, names: Sequence[str] = ()
) -> Diagnosis:
    """
    Walk to *destination* and explain what was seen.

    *rule*: the one that the peer is taken to judge us by; *names*: those, one of which its
    certificate must carry, if not the host's own.
    """
    peering = Peering(
        around=_surroundings(destination, outfit, rule, names),
        target=destination.host,
        uses_tls=destination.transport is Transport.TLS,
        is_configured=False,
    )
    seen = await look(destination, outfit, peering.around.demand)
    return diagnosis_of(peering, str(destination), seen)


def _surroundings(
    destination: Destination, outfit: Outfit, rule: Rule | None, names: Sequence[str]
) -> Surroundings:
    expected = tuple(names) or _own_name(destination)
    return Surroundings(
        node=outfit.node,
        gateway=write_host(destination.host, destination.port),
        own_chain=outfit.own_chain,
        trust=outfit.trust,
        demand=OurDemand.of(*expected, origin="the name that was asked for") if expected else None,
        model=PeersDemand.of(rule, dials=(outfit.node,), knows=(outfit.node,)) if rule else None,
    )


def _own_name(destination: Destination) -> tuple[str, ...]:
    """Expect the host's own name; who typed an IP address has asked for nobody in particular."""
    return () if is_ip_address(destination.host) else (destination.host,)
