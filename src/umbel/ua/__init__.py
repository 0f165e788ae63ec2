"""One call leg: a dialog, its offer/answer and its media, inbound and outbound (RFC 3261 sections 8, 12, 13)."""

from .leg import Leg, LegDirection, LegState
from .local import LocalAddress, LocalIdentity, Policy
from .user_agent import UserAgent

__all__ = [
    "Leg",
    "LegDirection",
    "LegState",
    "LocalAddress",
    "LocalIdentity",
    "Policy",
    "UserAgent",
]
