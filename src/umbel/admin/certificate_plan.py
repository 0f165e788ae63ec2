"""``certificate plan`` for what is configured: whose certificates, for which gateways."""

from collections.abc import Iterable, Sequence

from umbel.core.errors import Mistake
from umbel.directory.objects import Gateway, Transport
from umbel.identity.domain_name import reference_host
from umbel.identity.plan import CertificatePlan, Cluster, PlannedGateway, certificate_plan
from umbel.identity.rules import rule_named

UNCONFIGURED = ("lync", "rfc5922", "rfc9525", "any-name")
"""The kinds of peers that a plan is for as long as no gateway is configured."""


def planned_gateways(gateways: Iterable[Gateway]) -> list[PlannedGateway]:
    """Give the gateways that are reached over TLS, as far as certificates are concerned."""
    return [
        PlannedGateway(name=one.name, rule=rule_named(one.rule), dials=one.dials, knows=one.knows)
        for one in gateways
        if one.transport is Transport.TLS
    ]


def gateways_by_rule(names: Sequence[str]) -> list[PlannedGateway]:
    """Give an imagined gateway of each kind, for plans before anything is configured."""
    return [
        PlannedGateway(name=f"a {name} peer", rule=rule_named(name))
        for name in names or UNCONFIGURED
    ]


def make_certificate_plan(
    nodes: Sequence[str], array: str, gateways: Sequence[PlannedGateway]
) -> CertificatePlan:
    """Plan certificates for *nodes*; *array* stands for all of them, guessed where it is empty."""
    named = tuple(dict.fromkeys(map(checked_host, nodes)))
    if not named:
        raise Mistake(
            "no node",
            expected="the FQDN of at least one node",
            where="certificate plan",
            do="name them: umbel certificate plan --node node01.example.org --node …",
        )
    array = checked_host(array) if array else guessed_array(named, gateways)
    return certificate_plan(Cluster(nodes=named, array=array), gateways)


def guessed_array(nodes: Sequence[str], gateways: Iterable[PlannedGateway]) -> str:
    """Guess a name for all nodes: one that a gateway dials, or ``um`` in the first one's domain."""
    for gateway in gateways:
        for name in map(reference_host, gateway.dials):
            if name is not None and name not in nodes:
                return name
    domain = nodes[0].partition(".")[2]
    return f"um.{domain}" if domain else "um"


def checked_host(name: str) -> str:
    """Give a host name in the form in which certificates carry it."""
    host = reference_host(name)
    if host is None:
        raise Mistake(f'"{name}"', expected="a host name", where="umbel certificate")
    return host
