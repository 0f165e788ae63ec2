"""A subscriber as a flow speaks of them: their name, their number, their rules."""

from umbel.core.errors import Unavailable
from umbel.directory.objects import DialPlan, Mailbox, MailboxPolicy
from umbel.mailbox.message import Caller
from umbel.speech.phrase import Name

from .world import World


async def spoken_name(world: World, mailbox: Mailbox) -> Name:
    """Give a subscriber's name, by their own recording when there is one and it can be had."""
    try:
        recording = await world.greetings.spoken_name(mailbox.extension)
    except Unavailable:
        recording = None
    return Name(text=mailbox.name, recording=recording)


def reached_at(mailbox: Mailbox) -> str:
    """Give the number or SIP URI at which a call reaches the person."""
    return mailbox.sip_uri or mailbox.extension


def called_back_at(world: World, caller: Caller, dial_plan: DialPlan) -> str | None:
    """
    Give where a caller is called back: a subscriber, or an extension that may be dialled.

    Whoever called wrote their own address into the call, so it is never followed as it stands:
    a message "from" an expensive number would make us call it.
    """
    mailbox = world.configuration().mailboxes.get(caller.mailbox or "")
    if mailbox is not None:
        return reached_at(mailbox)
    is_extension = caller.number.isdecimal() and len(caller.number) == dial_plan.digits
    return caller.number if is_extension and dial_plan.dial_extensions else None


def policy_of(world: World, mailbox: Mailbox) -> MailboxPolicy:
    """Give the policy of a mailbox; the defaults where it was just removed."""
    policies = world.configuration().policies
    return policies.get(mailbox.policy) or MailboxPolicy(name=mailbox.policy)
