"""Tries to reach a gateway, as values."""

from datetime import timedelta

from umbel.core.instants import Instant
from umbel.diagnosis.attempt import Attempt, Step
from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.handshake import Step as Message
from umbel.sip.hop import Hop, Transport

from .still_clock import PIONEERS_DAY

HOP = Hop(transport=Transport.TLS, address="192.0.2.7", port=5061, domain="pool.domain.local")

TRIED = Attempt(
    target="pool.domain.local",
    transport=Transport.TLS,
    at=PIONEERS_DAY,
    took=0.01,
    step=Step.CONNECTING,
    problem="connection refused",
    hops=(HOP,),
    hop=HOP,
)

HANDSHAKE = HandshakeReport(
    role=Role.CLIENT,
    local=("192.0.2.1", 40000),
    remote=("192.0.2.7", 5061),
    at=PIONEERS_DAY,
    took=0.01,
    ending=Ending.SUCCEEDED,
)

_WHOLE = (
    Message(sent_by_us=True, message="ClientHello", after=0.0),
    Message(sent_by_us=False, message="ServerHello", after=0.01),
    Message(sent_by_us=False, message="Certificate", after=0.01),
    Message(sent_by_us=False, message="Finished", after=0.01),
    Message(sent_by_us=True, message="Certificate", after=0.02),
    Message(sent_by_us=True, message="Finished", after=0.02),
)


def tried(**fields: object) -> Attempt:
    """Give a try that found nobody, with *fields* in place of its own."""
    names = {name: getattr(TRIED, name) for name in TRIED.__dataclass_fields__}
    return Attempt(**(names | fields))


def answered(status: int = 200, reason: str = "OK", *, retry_after: int | None = None) -> Attempt:
    """Give a try that had a final answer."""
    return tried(
        step=Step.ANSWERED, problem="", status=status, reason=reason, retry_after=retry_after
    )


def shaken(ending: Ending, messages: int = len(_WHOLE), detail: str = "as seen") -> Attempt:
    """Give a try whose handshake ended so, after so many of its messages."""
    names = {name: getattr(HANDSHAKE, name) for name in HANDSHAKE.__dataclass_fields__}
    steps = {"ending": ending, "detail": detail, "steps": _WHOLE[:messages]}
    report = HandshakeReport(**(names | steps))
    return tried(step=Step.SHAKING_HANDS, problem=detail, handshake=report)


def at(attempt: Attempt, now: Instant) -> Attempt:
    """Give the same try at another time."""
    return tried(
        **{name: getattr(attempt, name) for name in attempt.__dataclass_fields__}
        | {"at": PIONEERS_DAY + timedelta(seconds=now)}
    )
