"""Diagnosing gateways of the store: by this node now, by the others as they remember it."""

import asyncio
from collections.abc import Collection, Iterator, Sequence

from umbel.admin.administration import Administration
from umbel.app.settings import Settings
from umbel.core.errors import Mistake
from umbel.diagnosis.diagnosis import Diagnosis
from umbel.diagnosis.gateway_identity import surroundings
from umbel.diagnosis.matrix import SiteDiagnosis, in_order, own_chain_in, remembered
from umbel.diagnosis.observation import Observation
from umbel.directory.objects import Gateway
from umbel.directory.ports import Configuration

from .gateway import destination_of, diagnose_gateway, peering_with, served_findings, site_of
from .outfit import Asked, Outfit, outfit


async def diagnose_site(
    asked: Asked, settings: Settings, admin: Administration, names: Collection[str] = ()
) -> SiteDiagnosis:
    """Diagnose the gateways of these *names*, or all."""
    configuration = await admin.configuration()
    observations = await admin.observations()
    gateways = _chosen(configuration, names)
    equipment = outfit(asked, settings)
    site = await site_of(configuration, settings, equipment)
    live = await asyncio.gather(
        *(diagnose_gateway(gateway, equipment, site, observations) for gateway in gateways)
    )
    others = _others(gateways, observations, equipment)
    return SiteDiagnosis(
        diagnoses=in_order([*live, *others]),
        own=tuple(await served_findings(settings.listener, equipment)),
    )


def _chosen(configuration: Configuration, names: Collection[str]) -> Sequence[Gateway]:
    gateways = configuration.gateways
    if not gateways:
        raise Mistake(
            "no gateway",
            expected="a gateway to diagnose",
            where="umbel diagnose",
            do="add one: umbel gateway add --help; or name a host: umbel diagnose HOST[:PORT]",
        )
    return [gateways[name] for name in sorted(gateways) if not names or name in names]


def _others(
    gateways: Sequence[Gateway], observations: Sequence[Observation], equipment: Outfit
) -> Iterator[Diagnosis]:
    """Explain what the other nodes saw last; what they trust is taken to be what we trust."""
    at = equipment.walker.traveller.clock.wall()
    for node in sorted({one.node for one in observations} - {equipment.node}):
        for gateway in gateways:
            seen = [one for one in observations if (one.node, one.gateway) == (node, gateway.name)]
            around = surroundings(
                gateway, node=node, own_chain=own_chain_in(seen), trust=equipment.trust
            )
            way = str(destination_of(gateway))
            yield remembered(seen, peering_with(gateway, around), way, at)
