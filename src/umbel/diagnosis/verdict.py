"""What one try says about a gateway, by itself."""

from umbel.identity.handshake import Ending, HandshakeReport, Role
from umbel.identity.handshake_progress import (
    has_heard_peer,
    has_judged_certificate,
    is_our_part_done,
)

from .attempt import Attempt, Step
from .observation import PeeringState

_BROKEN_TLS = (Step.SHAKING_HANDS, Step.IDENTIFYING)


def verdict(attempt: Attempt) -> PeeringState | None:
    """
    Say which state a try proves at once; ``None``: it failed, which proves nothing by itself.

    A lost packet or a restart makes one try fail. Certificates do not come and go like that.
    """
    if attempt.is_alive:
        return PeeringState.UP
    if attempt.status is not None and attempt.retry_after is not None:
        return PeeringState.DRAINING
    if attempt.handshake is not None and attempt.step in _BROKEN_TLS:
        return refusal(attempt.handshake)
    return None


def refusal(report: HandshakeReport) -> PeeringState | None:
    """Say which side of a handshake did not want the other; ``None``: neither, or nobody knows."""
    match report.ending:
        case Ending.REFUSED_BY_US:
            return PeeringState.REFUSED_BY_US
        case Ending.REFUSED_BY_PEER:
            return PeeringState.REFUSED_BY_THEM
        case Ending.NOT_TLS if report.role is Role.CLIENT:
            return PeeringState.REFUSED_BY_THEM
        case Ending.CLOSED_BY_PEER | Ending.RESET_BY_PEER if _is_a_decision(report):
            return PeeringState.REFUSED_BY_THEM
        case _:
            return None


def _is_a_decision(report: HandshakeReport) -> bool:
    """
    Tell a hang-up that means us from one in the middle, such as of a peer that restarts.

    Whoever hangs up once it has all that it asked for, before its first byte of SIP, has judged
    our certificate; whoever does so at our ClientHello wants no TLS from here. One who comes to us
    and says nothing only looked whether the port is open.
    """
    if report.role is Role.SERVER:
        return has_judged_certificate(report)
    return is_our_part_done(report) or not has_heard_peer(report)
