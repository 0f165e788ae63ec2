"""A subscriber as a flow speaks of them: their name, their number, their rules."""

from umbel.core.errors import Unavailable
from umbel.directory.objects import Mailbox, MailboxPolicy
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


def policy_of(world: World, mailbox: Mailbox) -> MailboxPolicy:
    """Give the policy of a mailbox; the defaults where it was just removed."""
    policies = world.configuration().policies
    return policies.get(mailbox.policy) or MailboxPolicy(name=mailbox.policy)
