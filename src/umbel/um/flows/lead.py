"""The ways into the product: lead a caller from place to place until they have been served."""

from umbel.directory.objects import AutoAttendant, DialPlan, Mailbox

from ..call import Call
from ..places import AtAttendant, AtMailbox, AtSubscriberAccess, Place
from ..world import World


async def attend(call: Call, world: World, attendant: AutoAttendant, dial_plan: DialPlan) -> None:
    """Greet the caller and put them through; returns when the call is over for us."""
    await lead(call, world, AtAttendant(attendant, dial_plan))


async def take_message(call: Call, world: World, mailbox: Mailbox, dial_plan: DialPlan) -> None:
    """Answer for a subscriber who did not; returns when the call is over for us."""
    await lead(call, world, AtMailbox(mailbox, dial_plan))


async def serve_subscriber(
    call: Call, world: World, mailbox: Mailbox | None, dial_plan: DialPlan
) -> None:
    """Let a subscriber into their mailbox; ``None``: ask whose. Returns when the call is over."""
    await lead(call, world, AtSubscriberAccess(mailbox, dial_plan))


async def lead(call: Call, world: World, place: Place | None) -> None:
    """Lead the caller from *place* on, wherever they want to go; also where a takeover begins."""
    await call.hang_up()
