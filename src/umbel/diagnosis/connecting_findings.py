"""No connection: who refuses it or stays silent, and where the peer listens instead."""

from collections.abc import Iterable

from umbel.core.findings import Finding, Severity
from umbel.sip.hop import Hop, Transport
from umbel.sip.host import write_host

from .attempt import Attempt
from .knock import Door, Knock
from .peering import Peering

_RULE = "RFC 3261 section 18.1.1"
_PORTS = "RFC 3261 section 19.1.2"


def connecting_finding(attempt: Attempt, peering: Peering) -> Finding:
    """Say why there is no TCP connection."""
    hop = attempt.hop
    if hop is None:
        return _unexplained(attempt, peering)
    better = _better_port(hop, attempt.knocks)
    if better is not None:
        return _wrong_port(attempt, hop, better, peering)
    here = next((knock for knock in attempt.knocks if knock.port == hop.port), None)
    match here.door if here is not None else None:
        case Door.REFUSED:
            return _refused(attempt, hop, peering)
        case Door.SILENT:
            return _silent(attempt, hop, peering)
        case Door.UNREACHABLE:
            return _unreachable(attempt, hop)
        case Door.OPEN | None:
            return _unexplained(attempt, peering)


def other_port_finding(attempt: Attempt, peering: Peering) -> Finding | None:
    """Say where the peer listens instead of here; ``None``: nothing was found."""
    hop = attempt.hop
    better = _better_port(hop, attempt.knocks) if hop is not None else None
    if hop is None or better is None:
        return None
    return _wrong_port(attempt, hop, better, peering)


def _better_port(hop: Hop, knocks: Iterable[Knock]) -> Knock | None:
    """Find an open port that speaks what the hop's transport needs, or else an open one."""
    is_tls = hop.transport is Transport.TLS
    doors = [one for one in knocks if one.door is Door.OPEN and not _is_same(one, hop)]
    fitting = [one for one in doors if one.speaks_tls is is_tls]
    return next(iter(fitting or doors), None)


def _is_same(knock: Knock, hop: Hop) -> bool:
    """Say whether a knock found no more than the try itself: this port, and this way to speak."""
    if knock.port != hop.port or hop.transport is Transport.UDP:
        return False
    return hop.transport is Transport.TLS or not knock.speaks_tls


def _wrong_port(attempt: Attempt, hop: Hop, better: Knock, peering: Peering) -> Finding:
    transport = _spoken_at(better, hop.transport)
    same = transport is hop.transport
    where = "the port" if better.port == hop.port else f"port {better.port} of the same machine"
    speaks = "TLS" if better.speaks_tls else "no TLS"
    return _error(
        "tcp.other-port" if same else "tcp.other-transport",
        seen=f"{_place(hop)}: {attempt.problem}; but {where} is open and speaks {speaks}",
        means=f"{peering.gateway} is there, and listens elsewhere than we look"
        if same
        else f"{peering.gateway} is there, and speaks {transport.value} instead of "
        f"{hop.transport.value}",
        do=peering.with_port(better.port)
        if same
        else peering.with_transport(transport, better.port),
        rule=_PORTS,
    )


def _spoken_at(knock: Knock, wanted: Transport) -> Transport:
    if knock.speaks_tls:
        return Transport.TLS
    return Transport.TCP if wanted is not Transport.TLS or knock.port == 5060 else wanted


def _refused(attempt: Attempt, hop: Hop, peering: Peering) -> Finding:
    return _error(
        "tcp.refused",
        seen=f"{_place(hop)}: {attempt.problem}",
        means=f"the machine is up, but nothing listens at port {hop.port}: {peering.gateway} does "
        "not run, listens elsewhere, or has this transport switched off; a firewall may answer so "
        "as well",
        do=f"on the peer's machine: ss -lntup 'sport = :{hop.port}'; start it, or look for it "
        f"elsewhere: {_elsewhere(hop, peering)}",
        rule=_RULE,
    )


def _elsewhere(hop: Hop, peering: Peering) -> str:
    """Give the command that tries the other usual way; by UDP nobody refuses anything."""
    if hop.transport is Transport.TLS:
        return peering.with_port(5061)
    return peering.with_transport(Transport.UDP, hop.port)


def _silent(attempt: Attempt, hop: Hop, peering: Peering) -> Finding:
    return _error(
        "tcp.no-answer",
        seen=f"{_place(hop)}: {attempt.problem}",
        means="the machine is down or away, or a firewall drops the packets without a word",
        do=f"have the way from this node to {_place(hop)} opened, in firewalls and access lists; "
        f"if the address is wrong: {peering.with_address()}",
        rule=_RULE,
    )


def _unreachable(attempt: Attempt, hop: Hop) -> Finding:
    return _error(
        "tcp.unreachable",
        seen=f"{_place(hop)}: {attempt.problem}",
        means="this machine's network knows no way to that address",
        do=f"look at the routes of this machine: ip route get {hop.address}",
        rule="RFC 1122 section 3.3.1",
    )


def _unexplained(attempt: Attempt, peering: Peering) -> Finding:
    place = _place(attempt.hop) if attempt.hop is not None else peering.target
    return _error(
        "tcp.failed",
        seen=f"{place}: {attempt.problem}",
        means="the connection could not be had, and a moment later the port took one: the peer "
        "was starting, or is overloaded",
        do="try again; if it comes back, look at the peer's log and load",
        rule=_RULE,
    )


def _place(hop: Hop) -> str:
    return write_host(hop.address, hop.port)


def _error(code: str, *, seen: str, means: str, do: str, rule: str) -> Finding:
    return Finding(code=code, severity=Severity.ERROR, seen=seen, means=means, do=do, rule=rule)
