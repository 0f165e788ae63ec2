"""Where a call can be: the points where it can be taken up again, as plain values.

A flow never calls the flow that comes next: it returns the place, and ``lead`` goes there. So
a caller may wander between menus for as long as they like, no flow knows another, and a place
is all that another node needs to go on with the call.
"""

from dataclasses import dataclass

from umbel.directory.objects import AutoAttendant, DialPlan, Mailbox


@dataclass(frozen=True, slots=True)
class AtAttendant:
    """At the menu of an auto attendant."""

    attendant: AutoAttendant
    dial_plan: DialPlan


@dataclass(frozen=True, slots=True)
class AtMailbox:
    """About to leave a message for somebody."""

    mailbox: Mailbox
    dial_plan: DialPlan


@dataclass(frozen=True, slots=True)
class AtSubscriberAccess:
    """At the door of subscriber access."""

    mailbox: Mailbox | None
    """Whose mailbox, as the caller's number told; ``None``: it is asked for."""
    dial_plan: DialPlan


@dataclass(frozen=True, slots=True)
class Over:
    """Nowhere: the caller was put through, or we hung up."""


Place = AtAttendant | AtMailbox | AtSubscriberAccess
"""Where a caller can be."""

Onward = Place | Over
"""What a flow ends with."""
