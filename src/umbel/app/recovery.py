"""What a node that stopped in the middle of something left behind, put in order at the start."""

from umbel.backends.sql import SqlStore
from umbel.core import event_catalogue as catalogue
from umbel.core.events import Events
from umbel.core.instants import Clock


async def put_in_order(store: SqlStore, node: str, clock: Clock, events: Events) -> None:
    """Deliver what was being spoken when the node stopped, and end the calls of that time."""
    for message in await store.messages.unfinished(node):
        duration = await store.audio.duration(message.audio)
        if not duration:
            await store.messages.discard(message.id)
            continue
        await store.messages.deliver_interrupted(message.id, duration)
        events.tell(
            catalogue.MESSAGE_INTERRUPTED,
            mailbox=message.mailbox,
            caller=message.caller.number or "anonymous",
            seconds=round(duration, 1),
            lost_node=node,
        )
    await store.calls.abandon(node, clock.wall(), "its node stopped")
