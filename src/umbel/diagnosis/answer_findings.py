"""What the answer to OPTIONS tells of a peer, or that there was none (RFC 3261 section 11)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from umbel.core.findings import Finding, Severity
from umbel.core.instants import Duration
from umbel.sip.hop import Transport
from umbel.sip.host import write_host

from .attempt import Attempt
from .peering import Peering

CLOCKS_MAY_DIFFER: Final[Duration] = 60.0
"""Seconds between two machines' clocks that do no harm."""

_I, _W, _E = Severity.INFO, Severity.WARNING, Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What a status means as the answer to OPTIONS."""

    code: str
    severity: Severity
    means: str
    do: str
    rule: str = "RFC 3261 section 21"


_ASKS_FOR_PASSWORD = _Meaning(
    code="asks-for-password",
    severity=_W,
    means="{gateway} is alive, and wants a user name and a password from this node; calls to it "
    "will be refused like this request",
    do="umbel gateway set {gateway} --username NAME --password PASSWORD, as its administrator "
    "gives them; or have this node's address exempted there",
    rule="RFC 3261 section 22",
)
_NOT_OFFERED = _Meaning(
    code="not-offered",
    severity=_I,
    means="{gateway} is alive; it does not answer OPTIONS otherwise, and says nothing of calls",
    do="nothing, or try a call: umbel call sip:NUMBER@{target}",
)
_LOOP = _Meaning(
    code="loop",
    severity=_E,
    means="the request went in circles behind {gateway}: it sends on what is meant for itself, "
    "often back to this node",
    do="have the peer's administrator look at the routes for {target}; its own name or address is "
    "missing in what it takes for itself",
    rule="RFC 3261 section 16.3",
)
_BROKEN = _Meaning(
    code="server-error",
    severity=_E,
    means="{gateway} took the request and failed in itself, or at what lies behind it",
    do="look at the peer's own log at this time",
    rule="RFC 3261 section 21.5",
)
_REFUSED = _Meaning(
    code="forbidden",
    severity=_E,
    means="{gateway} understood and does not want us: it does not know this node by the address or "
    "the certificate that it came with, or its rules forbid it",
    do="have the peer's administrator add {node} to the servers, trunks or addresses that it takes "
    "requests from",
    rule="RFC 3261 section 21.4.4",
)

_MEANINGS: Final[Mapping[int, _Meaning]] = {
    400: _Meaning(
        code="malformed",
        severity=_E,
        means="{gateway} does not like the form of our request; its reason says which part",
        do="look at the request: umbel trace all; compare it with what the peer's documents ask for",
        rule="RFC 3261 section 21.4.1",
    ),
    401: _ASKS_FOR_PASSWORD,
    403: _REFUSED,
    404: _NOT_OFFERED,
    405: _NOT_OFFERED,
    407: _ASKS_FOR_PASSWORD,
    408: _Meaning(
        code="nobody-behind",
        severity=_E,
        means="something answers in the name of {gateway}, a proxy or a load balancer, and does "
        "not reach the machine behind it",
        do="have the peer's administrator look whether the server behind it runs",
        rule="RFC 3261 section 21.4.9",
    ),
    480: _Meaning(
        code="temporarily-unavailable",
        severity=_W,
        means="{gateway} is alive and takes no calls for now",
        do="look whether the peer is being drained or has nobody logged on",
        rule="RFC 3261 section 21.4.18",
    ),
    482: _LOOP,
    483: _LOOP,
    488: _Meaning(
        code="not-acceptable",
        severity=_E,
        means="{gateway} does not accept what we offer: usually one side demands encrypted audio "
        "(SRTP) and the other is told not to use it",
        do="make both sides agree: umbel dialplan set PLAN --security secured (SRTP) or "
        "sip-secured (none); for this peer alone: umbel gateway set {gateway} --srtp true or false",
        rule="RFC 3261 section 21.4.26",
    ),
    501: _NOT_OFFERED,
    502: _BROKEN,
    504: _BROKEN,
}


def answer_findings(attempt: Attempt, peering: Peering) -> Iterator[Finding]:
    """Say what an answer tells of its sender."""
    status = attempt.status
    if status is None:
        return
    if 300 <= status < 400:
        yield from _redirected(attempt, peering)
    elif status == 503:
        yield _unavailable(attempt, peering)
    elif status >= 300:
        yield _refusal(attempt, status, peering)
    yield from _from_elsewhere(attempt, peering)
    yield from _clock(attempt, peering)
    yield from _no_refer(attempt, peering)


def silence_finding(attempt: Attempt, peering: Peering) -> Finding:
    """Say what it means that the request reached nobody who answers."""
    place, transport = _place(attempt), attempt.transport
    if attempt.is_other_protocol:
        return _finding(
            "other-protocol",
            _E,
            seen=f"{place}: {attempt.problem}",
            means="another service is at this address and port, often a web server",
            do=f"check address and port; SIP is usually at {transport.default_port}: "
            f"{peering.with_port(transport.default_port)}",
            rule="RFC 3261 section 7",
        )
    if transport is Transport.UDP:
        means = (
            "nobody is there, a firewall drops the packets, or the answers go elsewhere: "
            "UDP does not tell"
        )
        do = f"look at the peer's log; try TCP: {peering.with_transport(Transport.TCP)}"
    else:
        means = (
            "something takes the connection and no SIP comes back: a hung process, a load balancer "
            "without a server behind it, or another service"
        )
        do = "look at the peer's log at this time, and at what stands between"
    return _finding(
        "no-answer",
        _E,
        seen=f"{place}: {attempt.problem}",
        means=means,
        do=do,
        rule="RFC 3261 section 17.1.2.2",
    )


def _refusal(attempt: Attempt, status: int, peering: Peering) -> Finding:
    meaning = _MEANINGS.get(status) or _by_class(status)
    words = {
        "gateway": peering.gateway,
        "target": peering.target,
        "node": peering.around.node,
    }
    return _finding(
        meaning.code,
        meaning.severity,
        seen=f"{_place(attempt)} answered {_answer(attempt)}",
        means=meaning.means.format(**words),
        do=meaning.do.format(**words),
        rule=meaning.rule,
    )


def _by_class(status: int) -> _Meaning:
    if status >= 600:
        return _REFUSED
    return _BROKEN if status >= 500 else _NOT_OFFERED


def _unavailable(attempt: Attempt, peering: Peering) -> Finding:
    seen = f"{_place(attempt)} answered {_answer(attempt)}"
    if attempt.retry_after is not None:
        return _finding(
            "draining",
            _W,
            seen=f"{seen}, and to come again in {attempt.retry_after} s",
            means=f"{peering.gateway} is alive and takes no new calls: it is being drained, starts, "
            "or is full",
            do="nothing, if that is on purpose; otherwise have it enabled there",
            rule="RFC 3261 section 21.5.4",
        )
    return _finding(
        "unavailable",
        _E,
        seen=seen,
        means=f"{peering.gateway} cannot serve: it is overloaded, is being stopped, or what it "
        "needs is down",
        do="look at the peer's own log at this time",
        rule="RFC 3261 section 21.5.4",
    )


def _redirected(attempt: Attempt, peering: Peering) -> Iterator[Finding]:
    seen = f"{_place(attempt)} answered {_answer(attempt)}"
    if not attempt.redirected_to:
        yield _finding(
            "redirected-nowhere",
            _E,
            seen=f"{seen}, and does not say whither",
            means=f"{peering.gateway} sends us away without an address: calls to it fail",
            do="have the peer's administrator look at its redirection",
            rule="RFC 3261 section 21.3",
        )
        return
    yield _finding(
        "redirected",
        _I,
        seen=f"{seen}: {', '.join(attempt.redirected_to)}",
        means=f"{peering.gateway} sends each request on to another address or port; we follow",
        do="nothing; firewalls have to let us reach these addresses as well",
        rule="RFC 3261 section 8.1.3.4",
    )


def redirection_unanswered(attempt: Attempt, peering: Peering) -> Finding:
    """Say that the address that a redirection led to cannot be reached."""
    return _finding(
        "redirection-unanswered",
        _E,
        seen=f"{attempt.redirected_by} sends us on to {_place(attempt)}, and there: "
        f"{attempt.problem or _answer(attempt)}",
        means=f"the first request to {peering.gateway} is answered and the second is not: calls "
        "fail after the redirection; firewalls often let only the first port pass",
        do=f"have the way from this node to {_place(attempt)} opened, and to every other port that "
        "the peer redirects to",
        rule="RFC 3261 section 8.1.3.4; Exchange UM redirects to its worker's ports 5065 to 5068",
    )


def _from_elsewhere(attempt: Attempt, peering: Peering) -> Iterator[Finding]:
    hop, source = attempt.hop, attempt.answered_from
    if hop is None or source is None or source == (hop.address, hop.port):
        return
    yield _finding(
        "answered-from-elsewhere",
        _W,
        seen=f"we asked {_place(attempt)}, and {write_host(*source)} answered",
        means="the peer has several addresses, or a device in between changes them: firewalls drop "
        f"such answers, and calls from there are not recognised as {peering.gateway}",
        do=f"umbel gateway set {peering.gateway} --from-addresses {source[0]}"
        if peering.is_configured
        else "name that address as the gateway's too, when you add it",
        rule="RFC 3261 section 18.2.2",
    )


def _clock(attempt: Attempt, peering: Peering) -> Iterator[Finding]:
    if attempt.peer_clock is None:
        return
    ahead = (attempt.peer_clock - attempt.at).total_seconds()
    if abs(ahead) <= CLOCKS_MAY_DIFFER + attempt.took:
        return
    which = "ahead of" if ahead > 0 else "behind"
    yield Finding(
        code="clock.differs",
        severity=_W,
        seen=f"the clock of {peering.gateway} says {attempt.peer_clock:%F %R:%S} UTC, ours "
        f"{attempt.at:%F %R:%S} UTC: it is {timedelta(seconds=round(abs(ahead)))} {which} ours",
        means="a certificate that one side finds valid is not yet valid, or expired, for the "
        "other; the times in both logs do not match",
        do="see which clock is wrong with: timedatectl; let both machines ask a time server (NTP)",
        rule="RFC 5280 section 4.1.2.5",
    )


def _no_refer(attempt: Attempt, peering: Peering) -> Iterator[Finding]:
    methods = {method.upper() for method in attempt.allows}
    calls_nobody = attempt.server.startswith("Umbel")
    if not methods or "REFER" in methods or attempt.status != 200 or calls_nobody:
        return
    yield _finding(
        "no-refer",
        _W,
        seen=f"{peering.gateway} allows {', '.join(sorted(methods))}, and not REFER",
        means="transfers by the auto attendant are refused there: callers hear that the person "
        "cannot be reached",
        do="have REFER switched on for this trunk at the peer",
        rule="RFC 3515 section 2.4.2",
    )


def _place(attempt: Attempt) -> str:
    if attempt.hop is None:
        return attempt.target
    return write_host(attempt.hop.address, attempt.hop.port)


def _answer(attempt: Attempt) -> str:
    more = f" ({attempt.warning})" if attempt.warning else ""
    return f"{attempt.status} {attempt.reason}{more}"


def _finding(
    code: str, severity: Severity, *, seen: str, means: str, do: str, rule: str
) -> Finding:
    return Finding(
        code=f"options.{code}", severity=severity, seen=seen, means=means, do=do, rule=rule
    )
