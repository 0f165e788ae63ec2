"""Who may begin something new: what the status of nodes, gateways and attendants means on the wire."""

from dataclasses import dataclass
from typing import Final

from .objects import AutoAttendant, Gateway, Node, Status

COME_AGAIN_AFTER: Final = 30
"""Seconds after which somebody whom we refuse for now may ask again (RFC 3261 section 20.33)."""

COME_AGAIN_WHEN_FULL: Final = 10
"""Seconds after which somebody may ask again whom a full node refused: calls end all the time."""

_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A call is answered with *status*; *reason* goes into the event and the Reason header."""

    status: int
    reason: str
    gateway: Gateway | None = None
    """Whose call it was, where that much is known."""
    retry_after: int | None = None
    """Seconds after which the caller may try again; ``None``: nothing is said."""
    is_told_in_sum: bool = False
    """Whether an event tells of all such calls together, and none of each."""


def refused_by_node(node: Node) -> Refused | None:
    """
    Say why a node takes nothing new; ``None``: it does.

    Always with 503, on which callers try the next server (RFC 3263 section 4.3).
    """
    return _refused(f"node {node.name}", node.status, for_now=503, disabled=503)


def refused_by_load(node: str, cause: str) -> Refused:
    """Refuse what would make the audio of all calls late; another server may have room."""
    return Refused(
        status=_UNAVAILABLE,
        reason=f"node {node} takes no new calls for now: {cause}",
        retry_after=COME_AGAIN_WHEN_FULL,
        is_told_in_sum=True,
    )


def refused_by_gateway(gateway: Gateway) -> Refused | None:
    """Say why a gateway may begin nothing new; ``None``: it may."""
    what = f"gateway {gateway.name}"
    return _refused(what, gateway.status, for_now=503, disabled=403, gateway=gateway)


def refused_by_attendant(attendant: AutoAttendant, gateway: Gateway) -> Refused | None:
    """Say why an auto attendant takes no call; ``None``: it does. No other server would."""
    what = f"auto attendant {attendant.name}"
    return _refused(what, attendant.status, for_now=480, disabled=403, gateway=gateway)


def _refused(
    what: str, status: Status, *, for_now: int, disabled: int, gateway: Gateway | None = None
) -> Refused | None:
    match status:
        case Status.ENABLED:
            return None
        case Status.NO_NEW_CALLS:
            code, reason = for_now, f"{what} takes no new calls"
        case Status.DISABLED:
            code, reason = disabled, f"{what} is disabled"
    again = COME_AGAIN_AFTER if code == _UNAVAILABLE else None
    return Refused(status=code, reason=reason, gateway=gateway, retry_after=again)
