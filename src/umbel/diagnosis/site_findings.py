"""What the configuration itself keeps a gateway from: found without sending a packet."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from umbel.core.findings import Finding, Severity
from umbel.directory.objects import DialPlan, Gateway, Security, Status, Transport
from umbel.directory.ports import Configuration
from umbel.directory.validate_gateways import gateway_problems

_W, _E = Severity.WARNING, Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is configured around a gateway, on this node and in the store."""

    configuration: Configuration = field(default_factory=Configuration)
    listens_by: frozenset[Transport] = frozenset(Transport)
    """The transports that this node takes SIP by."""
    addresses: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By gateway: the IP addresses that its host name has now."""


def site_findings(gateway: Gateway, site: Site) -> Iterator[Finding]:
    """Say what the configuration has against calls with *gateway*."""
    yield from _own_settings(gateway, site)
    yield from _listening(gateway, site)
    yield from _status(gateway)
    yield from _shared_addresses(gateway, site)
    for plan in _plans(gateway, site.configuration):
        yield from _security(gateway, plan)
        yield from _transfers(gateway, plan, site.configuration)


def _own_settings(gateway: Gateway, site: Site) -> Iterator[Finding]:
    for problem in gateway_problems(site.configuration):
        if problem.where.partition(",")[0] == f"gateway {gateway.name}":
            yield problem.as_finding()


def _listening(gateway: Gateway, site: Site) -> Iterator[Finding]:
    if gateway.transport is Transport.TLS and Transport.TLS not in site.listens_by:
        yield _finding(
            "no-tls-listener",
            _E,
            seen=f"{gateway.name} speaks TLS, and this node has no TLS listener",
            means=f"no call of {gateway.name} can arrive: nothing listens at port 5061 here",
            do='add [[listener]] transport = "tls" to umbel.toml, and [tls] with a certificate; '
            "then restart the node",
            rule="Exchange UM: UMStartupMode TLS or Dual",
        )


def _status(gateway: Gateway) -> Iterator[Finding]:
    if gateway.status is Status.ENABLED:
        return
    yield _finding(
        "gateway-not-enabled",
        _W,
        seen=f"the status of {gateway.name} is {gateway.status.value}",
        means="its calls are refused, on purpose or forgotten",
        do=f"umbel gateway set {gateway.name} --status enabled",
        rule="Exchange UM: Status of a UM IP gateway",
    )


def _shared_addresses(gateway: Gateway, site: Site) -> Iterator[Finding]:
    """Find another gateway that calls from the same address cannot be told from: event 1175."""
    ours = set(site.addresses.get(gateway.name, ()))
    for name in sorted(site.configuration.gateways):
        other = site.configuration.gateways[name]
        shared = ours & set(site.addresses.get(name, ()))
        if name == gateway.name or not shared or _has_own_certificate(gateway, other):
            continue
        yield _finding(
            "shared-address",
            _W,
            seen=f"{gateway.name} ({gateway.address}) and {name} ({other.address}) both have the "
            f"address {', '.join(sorted(shared))}",
            means="calls from there may be taken for those of the other one: wrong dial plan, "
            "wrong security, now and then",
            do=f"give each an address of its own, or remove one: umbel gateway remove {name}",
            rule="Exchange UM event 1175",
        )


def _has_own_certificate(gateway: Gateway, other: Gateway) -> bool:
    """Say whether the certificates of two gateways tell them apart."""
    if Transport.TLS not in (gateway.transport, other.transport):
        return False
    is_one_alone = gateway.transport is not other.transport
    return is_one_alone or _names(gateway).isdisjoint(_names(other))


def _names(gateway: Gateway) -> frozenset[str]:
    return frozenset((gateway.address, *gateway.certificate_names))


def _plans(gateway: Gateway, configuration: Configuration) -> Iterator[DialPlan]:
    groups = configuration.hunt_groups.values()
    names = {group.dial_plan for group in groups if group.gateway == gateway.name}
    for name in sorted(names & configuration.dial_plans.keys()):
        yield configuration.dial_plans[name]


def _security(gateway: Gateway, plan: DialPlan) -> Iterator[Finding]:
    if plan.security is not Security.UNSECURED and gateway.transport is not Transport.TLS:
        yield _finding(
            "plan-needs-tls",
            _E,
            seen=f"the dial plan {plan.name} is {plan.security.value}, and {gateway.name} speaks "
            f"{gateway.transport.value.upper()}",
            means=f"every call of {gateway.name} in this plan is refused",
            do=f"umbel gateway set {gateway.name} --transport tls --port 5061; or, if audio and "
            f"signalling may be heard by others: umbel dialplan set {plan.name} --security unsecured",
            rule="Exchange UM: VoIPSecurity of a dial plan",
        )
    if plan.security is Security.SECURED and gateway.srtp is False:
        yield _finding(
            "plan-needs-srtp",
            _W,
            seen=f"the dial plan {plan.name} is secured, and {gateway.name} has srtp false",
            means=f"the audio of {gateway.name} is not encrypted, although the plan asks for it",
            do=f"umbel gateway set {gateway.name} --clear srtp",
            rule="Exchange UM: VoIPSecurity of a dial plan",
        )


def _transfers(gateway: Gateway, plan: DialPlan, configuration: Configuration) -> Iterator[Finding]:
    """Say where callers are told that they cannot be put through."""
    if not plan.dial_extensions:
        yield _finding(
            "plan-forbids-extensions",
            _W,
            seen=f"the dial plan {plan.name} has dial_extensions false",
            means=f"callers from {gateway.name} cannot be put through to extensions without a "
            "mailbox here; the attendant says that it is not possible",
            do=f"umbel dialplan set {plan.name} --dial-extensions true, if callers may reach all "
            "numbers of the plan",
            rule="Exchange UM: AllowExtensions of a dial plan",
        )
    for attendant in configuration.attendants.values():
        if attendant.dial_plan == plan.name and not attendant.dial_extensions:
            yield _finding(
                "attendant-forbids-extensions",
                _W,
                seen=f"the auto attendant {attendant.name} has dial_extensions false",
                means="its callers can only choose keys of its menu: a number that they dial is "
                "refused",
                do=f"umbel attendant set {attendant.name} --dial-extensions true",
                rule="Exchange UM: AllowExtensions of an auto attendant",
            )


def _finding(
    code: str, severity: Severity, *, seen: str, means: str, do: str, rule: str
) -> Finding:
    return Finding(code=f"site.{code}", severity=severity, seen=seen, means=means, do=do, rule=rule)
