"""A gateway's settings in the words of identity: what we ask of it, and what it asks of us."""

from functools import lru_cache

from umbel.core.addresses import is_ip_address
from umbel.directory.objects import Gateway
from umbel.identity.chains import Trust
from umbel.identity.demands import OurDemand, PeersDemand
from umbel.identity.rules import rule_named
from umbel.identity.surroundings import Surroundings


@lru_cache(maxsize=1024)
def our_demand(gateway: Gateway) -> OurDemand:
    """Say which names, by which rule, make us believe that a peer is this gateway."""
    names = gateway.certificate_names
    return OurDemand.of(
        *(names or (gateway.address,)),
        rule=rule_named(gateway.our_rule),
        origin="the gateway's certificate_names" if names else "the gateway's address",
        knows_clients_by_address=not names and is_ip_address(gateway.address),
    )


def peers_demand(gateway: Gateway, *, node: str) -> PeersDemand:
    """Model what this gateway asks of the certificate of *node*, given by its FQDN."""
    return PeersDemand.of(
        rule_named(gateway.rule), dials=gateway.dials or (node,), knows=gateway.knows or (node,)
    )


def surroundings(
    gateway: Gateway, *, node: str, own_chain: tuple[bytes, ...], trust: Trust
) -> Surroundings:
    """
    Gather what is known around each handshake of *node* with a gateway.

    *own_chain* is what the node shows to TLS peers (DER, leaf first; empty: nothing), *trust* what
    it verifies theirs with.
    """
    return Surroundings(
        node=node,
        gateway=gateway.name,
        own_chain=own_chain,
        trust=trust,
        demand=our_demand(gateway),
        model=peers_demand(gateway, node=node),
    )
