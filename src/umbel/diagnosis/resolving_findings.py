"""DNS gave no place to send to: why, and what to do (RFC 3263)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from umbel.core.findings import Finding, Severity
from umbel.sip.hop import Transport
from umbel.sip.unresolved import WhyUnresolved

from .attempt import Attempt
from .peering import Peering


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cause:
    code: str
    means: str
    do: str
    rule: str


_LOOK = "see what DNS has with: dig +short {target}"

_CAUSES: Final[Mapping[WhyUnresolved, _Cause]] = {
    WhyUnresolved.NO_SUCH_NAME: _Cause(
        code="no-such-name",
        means="nothing can be sent there: the name is mistyped, or DNS does not have it (yet)",
        do="correct the name ({address}), or have an A record added for {target}",
        rule="RFC 3263 section 4.2",
    ),
    WhyUnresolved.NO_ADDRESS: _Cause(
        code="no-address",
        means="nothing can be sent there: the name exists, but no A, AAAA or SRV record leads on",
        do="have an A record added for {target}; " + _LOOK,
        rule="RFC 3263 section 4.2",
    ),
    WhyUnresolved.SERVICE_LEADS_NOWHERE: _Cause(
        code="service-leads-nowhere",
        means="nothing can be sent there: whoever took a host out of DNS left its SRV record",
        do="have the SRV records of {target} corrected, or name a host "
        "and a port yourself: {address}",
        rule="RFC 2782",
    ),
    WhyUnresolved.NO_SUCH_SERVICE: _Cause(
        code="no-such-service",
        means="the domain says on purpose that it takes no SIP by this transport (SRV target “.”)",
        do="try another transport: {transport}",
        rule="RFC 2782",
    ),
    WhyUnresolved.NO_ANSWER: _Cause(
        code="no-answer",
        means="no name can be looked up by this machine: its name servers are down, or a firewall "
        "is in between",
        do="check the name servers of this machine: cat /etc/resolv.conf; " + _LOOK,
        rule="RFC 1035 section 4.2",
    ),
    WhyUnresolved.NO_NAME_SERVER: _Cause(
        code="no-name-server",
        means="no name can be looked up by this machine",
        do="name a name server in /etc/resolv.conf, or give {target} an address in /etc/hosts",
        rule="resolv.conf(5)",
    ),
}


def resolving_finding(attempt: Attempt, peering: Peering) -> Finding:
    """Say why a name led nowhere."""
    cause = _CAUSES[attempt.unresolved or WhyUnresolved.NO_SUCH_NAME]
    words = {
        "target": attempt.target,
        "address": peering.with_address(),
        "transport": peering.with_transport(_another_than(attempt.transport)),
    }
    return Finding(
        code=f"dns.{cause.code}",
        severity=Severity.ERROR,
        seen=f"{attempt.target}: {_what_was_seen(attempt)}",
        means=cause.means,
        do=cause.do.format(**words),
        rule=cause.rule,
    )


def _what_was_seen(attempt: Attempt) -> str:
    why = attempt.unresolved.value if attempt.unresolved is not None else attempt.problem
    return f"{why}; asked {attempt.asked}" if attempt.asked else why


def _another_than(transport: Transport) -> Transport:
    return Transport.TLS if transport is not Transport.TLS else Transport.TCP
