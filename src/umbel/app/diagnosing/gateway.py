"""Diagnosing a gateway: its configuration, this node's certificate, and the way to it."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import ip_address

from umbel.app.offers import credentials_of, media_security
from umbel.app.settings import ListenerSettings, Settings, listening_port
from umbel.core.errors import Unavailable
from umbel.core.findings import Finding
from umbel.diagnosis.diagnosis import Diagnosis, diagnosis_of
from umbel.diagnosis.gateway_identity import surroundings
from umbel.diagnosis.observation import Direction, Observation
from umbel.diagnosis.own_findings import missing_certificate, not_in_use, own_file_findings
from umbel.diagnosis.peering import Peering
from umbel.diagnosis.site_findings import Site, site_findings
from umbel.directory.objects import DialPlan, Gateway, Transport
from umbel.directory.ports import Configuration
from umbel.identity.handshake import HandshakeReport
from umbel.identity.surroundings import Surroundings
from umbel.media.local_media import MediaSecurity
from umbel.net.dns import Resolver
from umbel.net.served_certificate import served_certificate
from umbel.sip import hop

from .outfit import Outfit
from .sighting import look
from .statuses import ask_for_statuses
from .walk import Destination


async def diagnose_gateway(
    gateway: Gateway, outfit: Outfit, site: Site, observations: Iterable[Observation] = ()
) -> Diagnosis:
    """Walk to a gateway and explain what was seen, with what its last own connection showed."""
    around = surroundings(gateway, node=outfit.node, own_chain=outfit.own_chain, trust=outfit.trust)
    way = destination_of(gateway)
    seen = await look(
        way,
        outfit,
        around.demand,
        security=security_of(gateway, site.configuration),
        credentials=credentials_of(gateway),
    )
    seen = replace(seen, accepted=_accepted(observations, outfit.node, gateway))
    asked = await ask_for_statuses(around, seen.attempts, outfit)
    around = replace(around, trust=replace(around.trust, status_answers=asked.answers))
    more = [*_own(gateway, outfit), *site_findings(gateway, site), *asked.findings]
    return diagnosis_of(peering_with(gateway, around), str(way), seen, more)


def security_of(gateway: Gateway, configuration: Configuration) -> MediaSecurity:
    """Say whether the audio of its calls is encrypted, as its dial plan has it."""
    plans = (
        configuration.dial_plans.get(group.dial_plan)
        for group in configuration.hunt_groups.values()
        if group.gateway == gateway.name
    )
    plan = next(filter(None, plans), None)
    return media_security(plan or DialPlan(name=""), gateway)


def peering_with(gateway: Gateway, around: Surroundings) -> Peering:
    """Say whom a diagnosis of *gateway* is about."""
    is_tls = gateway.transport is Transport.TLS
    return Peering(around=around, target=gateway.address, uses_tls=is_tls)


def destination_of(gateway: Gateway) -> Destination:
    """Say where a gateway is reached."""
    transport = hop.Transport(gateway.transport.value.upper())
    return Destination(host=gateway.address, port=gateway.port, transport=transport)


async def site_of(configuration: Configuration, settings: Settings | None, outfit: Outfit) -> Site:
    """Gather what is configured, and which addresses the gateways have now."""
    gateways = list(configuration.gateways.values())
    resolver = Resolver(
        randomness=outfit.walker.traveller.randomness, sources=outfit.walker.sources
    )
    found = await asyncio.gather(*(_addresses(gateway, resolver) for gateway in gateways))
    listeners = settings.listener if settings is not None else ()
    return Site(
        configuration=configuration,
        listens_by=frozenset(one.transport for one in listeners) or frozenset(Transport),
        addresses={it.name: addresses for it, addresses in zip(gateways, found, strict=True)},
    )


async def served_findings(listeners: Iterable[ListenerSettings], outfit: Outfit) -> list[Finding]:
    """Say which TLS listeners of this node show another certificate than its files have."""
    visitor = outfit.walker.onlooker
    if not outfit.own_chain or visitor is None:
        return []
    found = []
    for listener in listeners:
        if listener.transport is not Transport.TLS:
            continue
        address, port = _reachable(listener.address), listening_port(listener)
        patience = outfit.walker.traveller.patience
        served = await served_certificate(address, port, visitor, patience=patience)
        if served is not None:
            found.append(
                not_in_use(outfit.own_chain[0], served, f"the listener at {address}:{port}")
            )
    return [finding for finding in found if finding is not None]


def _own(gateway: Gateway, outfit: Outfit) -> Iterator[Finding]:
    if gateway.transport is not Transport.TLS:
        return
    yield from own_file_findings(outfit.own_files)
    if not outfit.own_files:
        yield missing_certificate(outfit.node, gateway.name)


def _accepted(
    observations: Iterable[Observation], node: str, gateway: Gateway
) -> HandshakeReport | None:
    """Give the last handshake that the gateway opened to this node."""
    for one in observations:
        is_ours = (one.node, one.gateway) == (node, gateway.name)
        if is_ours and one.direction is Direction.FROM_GATEWAY:
            return one.handshake
    return None


async def _addresses(gateway: Gateway, resolver: Resolver) -> frozenset[str]:
    try:
        hops = await resolver.resolve(destination_of(gateway).uri)
    except Unavailable:
        return frozenset()
    return frozenset(hop.address for hop in hops)


def _reachable(address: str) -> str:
    """Give an address of this machine that leads to a listener."""
    parsed = ip_address(address)
    if not parsed.is_unspecified:
        return address
    return "127.0.0.1" if parsed.version == 4 else "::1"
