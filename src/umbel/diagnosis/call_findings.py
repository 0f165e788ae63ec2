"""What a test call tells: why it was not answered, or what is wrong with its sound."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from umbel.core.findings import Finding, Severity
from umbel.core.instants import Duration

from .call_trial import CallTrial, Heard, Passage
from .peering import Peering

MUCH_LOSS: Final = 0.01
"""The share of lost packets that people begin to hear."""
MUCH_JITTER: Final[Duration] = 0.05
"""Above this the jitter buffer of many phones is too short."""
LONG_WAY: Final[Duration] = 0.3
"""A round trip at which people begin to talk over each other (ITU-T G.114)."""

_I, _W, _E = Severity.INFO, Severity.WARNING, Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """What a status means as the answer to a test call."""

    code: str
    severity: Severity
    means: str
    do: str
    rule: str = "RFC 3261 section 21"


_INCOMPATIBLE = _Refusal(
    code="incompatible-security",
    severity=_E,
    means="every call between this node and {gateway} fails: one side demands encrypted audio "
    "(SRTP) and the other does not offer it, or they share no codec; we offered {offered}",
    do="make both agree: umbel dialplan set PLAN --security secured (SRTP) or sip-secured (none); "
    "for this peer alone: umbel gateway set {gateway} --srtp true, or false",
    rule="RFC 3264 section 6; Exchange UM: VoIPSecurity of a dial plan",
)
_UNKNOWN_NUMBER = _Refusal(
    code="no-such-number",
    severity=_E,
    means="{gateway} is there, and knows nobody called {target}",
    do="check the number; have it added to the dial plan or routes of {gateway}",
)
_FORBIDDEN = _Refusal(
    code="forbidden",
    severity=_E,
    means="{gateway} does not let this node call {target}: it does not know the node, or its "
    "rules do not let a trunk reach that number",
    do="have the peer's administrator allow calls of {node} to {target}",
)
_PASSWORD = _Refusal(
    code="asks-for-password",
    severity=_E,
    means="{gateway} wants a user name and a password for calls, and got none or the wrong one",
    do="umbel gateway set {gateway} --username NAME --password PASSWORD",
    rule="RFC 3261 section 22",
)
_BUSY = _Refusal(
    code="not-taken",
    severity=_W,
    means="the way to {target} works; the person or machine there does not take the call now",
    do="try again, or call a number that always answers, such as an echo test",
)
_FAILED = _Refusal(
    code="failed",
    severity=_E,
    means="{gateway} could not put the call through",
    do="look at the peer's own log at this time",
)
_REFUSALS: Final[Mapping[int, _Refusal]] = {
    401: _PASSWORD,
    403: _FORBIDDEN,
    404: _UNKNOWN_NUMBER,
    407: _PASSWORD,
    480: _BUSY,
    484: _UNKNOWN_NUMBER,
    486: _BUSY,
    488: _INCOMPATIBLE,
    600: _BUSY,
    603: _BUSY,
    604: _UNKNOWN_NUMBER,
    606: _INCOMPATIBLE,
}


def call_findings(call: CallTrial, peering: Peering) -> Iterator[Finding]:
    """Explain a test call."""
    if call.status is None:
        yield _unanswered(call, peering)
    elif not call.is_answered:
        yield _refused(call, call.status, peering)
    else:
        yield from _sound(call, peering)
        if call.passage is not None:
            yield from _quality(call.passage, peering)


def _unanswered(call: CallTrial, peering: Peering) -> Finding:
    if call.rang is not None:
        return _finding(
            "nobody-answers",
            _W,
            seen=f"{call.target} rang ({call.rang}) for {call.took:.0f} s, and nobody answered",
            means="signalling works as far as the phone; nothing is known of the audio",
            do="call a number that always answers, such as an echo test or voice mail",
            rule="RFC 3261 section 13.2.2",
        )
    return _finding(
        "no-final-answer",
        _E,
        seen=f"{peering.gateway} did not answer the INVITE for {call.target} within "
        f"{call.took:.0f} s",
        means="calls begin and go nowhere: the peer does not follow a redirection, waits for what "
        "lies behind it, or a firewall drops the larger packets of an INVITE",
        do="look at the peer's log at this time; by UDP, try TCP: packets that are too long are "
        "lost in some networks",
        rule="RFC 3261 section 17.1.1.2",
    )


def _refused(call: CallTrial, status: int, peering: Peering) -> Finding:
    refusal = _REFUSALS.get(status, _FAILED)
    words = {
        "gateway": peering.gateway,
        "target": call.target,
        "node": peering.around.node,
        "offered": call.offered,
    }
    return _finding(
        refusal.code,
        refusal.severity,
        seen=f"the call to {call.target} was answered {status} {call.reason}",
        means=refusal.means.format(**words),
        do=refusal.do.format(**words),
        rule=refusal.rule,
    )


def _sound(call: CallTrial, peering: Peering) -> Iterator[Finding]:
    if call.heard is Heard.NOTHING:
        yield _one_way(call, peering)
    elif call.heard is Heard.SILENCE:
        yield _finding(
            "silence",
            _W,
            seen=f"packets came from {call.target}, and nothing could be heard in them",
            means="the other end is muted or waits for us to speak; or its audio is lost behind "
            f"{peering.gateway}",
            do="call a number that speaks, such as an auto attendant",
            rule="RFC 3550 section 5",
        )
    if not call.encryption and peering.uses_tls:
        yield _finding(
            "not-encrypted",
            _I,
            seen="signalling is encrypted (TLS), and the audio is not (RTP)",
            means="whoever is on the way can listen to it",
            do=f"umbel gateway set {peering.gateway} --srtp true, if the peer can do it",
            rule="RFC 4568 section 1",
        )


def _one_way(call: CallTrial, peering: Peering) -> Finding:
    refused = call.passage.refused if call.passage is not None else 0
    if refused:
        return _finding(
            "audio-from-elsewhere",
            _E,
            seen=f"{refused} packets came from another address than the SDP of {call.target} names",
            means="callers hear nothing: audio is believed only from where signalling said",
            do=f"umbel gateway set {peering.gateway} --learn-media-address true, if the peer is "
            "behind a NAT; otherwise have its media address corrected",
            rule="RFC 3264 section 5.1",
        )
    return _finding(
        "no-audio",
        _E,
        seen=f"{call.target} answered, and not a packet of audio came",
        means="callers hear silence: the audio is sent to an address that does not lead here, or a "
        "firewall drops UDP",
        do="let UDP from the peer reach this node's media ports ([media] first_port to last_port); "
        "behind a NAT, name the outer address in [media] address",
        rule="RFC 3264 section 5.1",
    )


def _quality(passage: Passage, peering: Peering) -> Iterator[Finding]:
    yield from _loss(passage, peering)
    if passage.jitter > MUCH_JITTER:
        yield _finding(
            "jitter",
            _W,
            seen=f"packets came {1000 * passage.jitter:.0f} ms early or late on average",
            means="words are cut: phones wait for no more than about 50 ms",
            do="look for a full line or Wi-Fi between both; mark voice by DSCP EF there",
            rule="RFC 3550 section 6.4.1",
        )
    if passage.round_trip is not None and passage.round_trip > LONG_WAY:
        yield _finding(
            "long-way",
            _W,
            seen=f"audio takes {1000 * passage.round_trip:.0f} ms there and back",
            means="people talk over each other",
            do="have media go the direct way instead of through a distant site",
            rule="ITU-T G.114",
        )


def _loss(passage: Passage, peering: Peering) -> Iterator[Finding]:
    sent_to_us = passage.received + passage.lost
    if _is_much(passage.lost, sent_to_us):
        yield _lost(passage.lost, sent_to_us, f"from {peering.gateway} to us", "loss")
    if passage.lost_by_peer is None:
        yield _finding(
            "no-reports",
            _I,
            seen=f"{peering.gateway} sends no reports about the audio that it gets (RTCP)",
            means="whether it hears us, only somebody there can say",
            do="nothing; or have RTCP switched on there",
            rule="RFC 3550 section 6.1",
        )
    elif _is_much(passage.lost_by_peer, passage.sent):
        yield _lost(
            passage.lost_by_peer, passage.sent, f"from us to {peering.gateway}", "loss-at-peer"
        )


def _is_much(lost: int, of: int) -> bool:
    return of > 0 and lost / of > MUCH_LOSS


def _lost(lost: int, of: int, way: str, code: str) -> Finding:
    return _finding(
        code,
        _W if lost < of / 2 else _E,
        seen=f"{lost} of {of} packets were lost on the way {way}",
        means="words are missing, recordings and keys suffer",
        do="look for a full line, Wi-Fi or a wrong duplex setting on the way",
        rule="RFC 3550 section 6.4.1",
    )


def _finding(
    code: str, severity: Severity, *, seen: str, means: str, do: str, rule: str
) -> Finding:
    return Finding(code=f"call.{code}", severity=severity, seen=seen, means=means, do=do, rule=rule)
