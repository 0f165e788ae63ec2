"""What may be wrong with gateways and hunt groups."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator

from umbel.core.addresses import is_ip_address
from umbel.core.findings import Severity

from .objects import Gateway, Transport
from .ports import Configuration
from .problems import (
    Problem,
    not_dialable,
    out_of_range,
    unknown_reference,
    wrong_name,
)
from .validate_identities import identity_problems, is_name


def gateway_problems(configuration: Configuration) -> Iterator[Problem]:
    """Check every gateway."""
    for name in sorted(configuration.gateways):
        gateway = configuration.gateways[name]
        yield from wrong_name("gateway", name)
        yield from _address(gateway)
        yield from identity_problems(gateway)
        yield from _half_credentials(gateway)
        yield from _keys_in_the_clear(gateway)
    yield from _twins(configuration)
    yield from _without_hunt_group(configuration)


def hunt_group_problems(configuration: Configuration) -> Iterator[Problem]:
    """Check every hunt group."""
    taken: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(configuration.hunt_groups):
        group = configuration.hunt_groups[name]
        where = f"huntgroup {name}"
        yield from wrong_name("huntgroup", name)
        yield from unknown_reference(
            f"{where}, gateway",
            "huntgroup.gateway",
            "gateway",
            group.gateway,
            configuration.gateways,
        )
        yield from unknown_reference(
            f"{where}, dial_plan",
            "huntgroup.dial_plan",
            "dial plan",
            group.dial_plan,
            configuration.dial_plans,
        )
        if group.pilot != "*":
            yield from not_dialable(f"{where}, pilot", "huntgroup.pilot", group.pilot)
        taken[group.gateway, group.pilot].append(name)
    for (gateway, pilot), names in taken.items():
        if len(names) > 1:
            yield Problem(
                code="huntgroup.pilot-taken-twice",
                where=f"huntgroup {names[1]}, pilot",
                found=f'"{pilot}", which huntgroup {names[0]} has at gateway {gateway}',
                expected="each pilot of a gateway once",
                do="give one of them another pilot, or remove it",
            )


def _address(gateway: Gateway) -> Iterator[Problem]:
    where = f"gateway {gateway.name}"
    if not is_ip_address(gateway.address) and not is_name(gateway.address):
        yield Problem(
            code="gateway.address",
            where=f"{where}, address",
            found=f'"{gateway.address}"',
            expected="a host name or an IP address, without port",
            do=f"umbel gateway set {gateway.name} --address HOST",
        )
    if gateway.port is not None:
        yield from out_of_range(f"{where}, port", "gateway.port", gateway.port, 1, 65535)
    if gateway.probe_every:
        yield from out_of_range(
            f"{where}, probe_every", "gateway.probe_every", gateway.probe_every, 1, 3600, "seconds"
        )
    for text in gateway.from_addresses:
        if not _is_network(text):
            yield Problem(
                code="gateway.from_addresses",
                where=f"{where}, from_addresses",
                found=f'"{text}"',
                expected="an IP address, or a network such as 10.1.0.0/16",
                do="names cannot stand here: calls are recognised by address",
            )


def _half_credentials(gateway: Gateway) -> Iterator[Problem]:
    if gateway.password and not gateway.username:
        yield Problem(
            code="gateway.password-alone",
            where=f"gateway {gateway.name}, username",
            found="a password and no user name",
            expected="both, or none",
            do=f"umbel gateway set {gateway.name} --username NAME",
            means="it cannot be used when the gateway asks for it",
        )


def _keys_in_the_clear(gateway: Gateway) -> Iterator[Problem]:
    if gateway.srtp and gateway.transport is not Transport.TLS:
        yield Problem(
            code="gateway.keys-in-the-clear",
            where=f"gateway {gateway.name}, srtp",
            found=f"SRTP over {gateway.transport.value.upper()}",
            expected="TLS beneath SRTP",
            do=f"umbel gateway set {gateway.name} --transport tls",
            means="whoever can listen to the audio can read its keys as well",
            severity=Severity.WARNING,
            rule="RFC 4568 section 8.3",
        )


def _twins(configuration: Configuration) -> Iterator[Problem]:
    """Two gateways of one identity: Exchange UM's event 1175."""
    first_with: dict[object, str] = {}
    for name in sorted(configuration.gateways):
        it = configuration.gateways[name]
        identity = (it.address.lower(), it.port, it.transport, frozenset(it.certificate_names))
        twin = first_with.setdefault(identity, name)
        if twin != name:
            yield Problem(
                code="gateway.twins",
                where=f"gateway {name}, address",
                found=f"the address, port and transport of gateway {twin}",
                expected="each peer once",
                do=f"remove one of them; hunt groups of both may name gateway {twin}",
                means=f"every call from there is taken for one of gateway {twin}",
                severity=Severity.WARNING,
            )


def _without_hunt_group(configuration: Configuration) -> Iterator[Problem]:
    served = {group.gateway for group in configuration.hunt_groups.values()}
    for name in sorted(set(configuration.gateways) - served):
        yield Problem(
            code="gateway.no-hunt-group",
            where=f"gateway {name}",
            found="no hunt group",
            expected="one that leads its calls to a dial plan",
            do=f"umbel huntgroup add NAME --gateway {name} --dial-plan PLAN",
            means="every call from it is refused with 404",
            severity=Severity.WARNING,
        )


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
