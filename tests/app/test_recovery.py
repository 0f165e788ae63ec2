"""A message whose call is over is delivered, whatever kept it from that when it was spoken."""

from itertools import count

from tests.support.memory_store import MemoryStore
from tests.support.told import Told

from umbel.app.recovery import Recovery
from umbel.core import event_catalogue as catalogue
from umbel.mailbox.message import Caller, Importance, Message, MessageState

GRAY = Caller(number="1002", name="Elisha Gray")
SECOND = bytes(16_000)


class Desk:
    """A store with messages in the making, and who finishes them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.told = Told()
        self.recovery = Recovery("node01", self.store.messages, self.store.audio, self.told)

    async def left(self, call: str, *, seconds: int = 2, is_urgent: bool = False) -> Message:
        """Have *call* leave a message that was not delivered."""
        message = await self.store.messages.begin("1001", GRAY, call)
        await self.store.audio.append(message.audio, seconds * SECOND)
        if is_urgent:
            await self.store.messages.set_importance(message.id, Importance.HIGH)
        return message

    async def delivered(self) -> list[Message]:
        return await self.store.messages.of_mailbox("1001", MessageState.NEW)


class TestAfterARestart:
    async def test_what_was_spoken_is_delivered_as_interrupted(self) -> None:
        desk = Desk()
        await desk.left("call-1")
        await desk.recovery.deliver_interrupted()

        (message,) = await desk.delivered()
        assert message.was_interrupted
        assert message.duration == 2.0
        assert desk.told.kinds == [catalogue.MESSAGE_INTERRUPTED]

    async def test_an_urgent_message_stays_urgent(self) -> None:
        desk = Desk()
        await desk.left("call-1", is_urgent=True)
        await desk.recovery.deliver_interrupted()

        (message,) = await desk.delivered()
        assert message.importance is Importance.HIGH

    async def test_nothing_is_made_of_silence(self) -> None:
        desk = Desk()
        await desk.left("call-1", seconds=0)
        await desk.recovery.deliver_interrupted()

        assert desk.store.messages.kept == {}
        assert desk.told.events == []


class TestWhatTheStoreDidNotTakeInTime:
    async def test_is_delivered_whole(self) -> None:
        desk = Desk()
        await desk.left("call-1", is_urgent=True)
        await desk.recovery.deliver_delayed(set)

        (message,) = await desk.delivered()
        assert not message.was_interrupted
        assert message.importance is Importance.HIGH
        assert desk.told.kinds == [catalogue.MESSAGE_DELIVERED]

    async def test_is_left_alone_while_its_call_lives(self) -> None:
        desk = Desk()
        await desk.left("call-1")
        await desk.recovery.deliver_delayed(lambda: {"call-1"})

        assert await desk.delivered() == []

    async def test_is_left_to_a_call_that_ends_at_this_moment(self) -> None:
        desk = Desk()
        await desk.left("call-1")
        lives = iter(({"call-1"}, set[str]()))
        await desk.recovery.deliver_delayed(lambda: next(lives))

        assert await desk.delivered() == []
        assert desk.told.events == []

    async def test_is_left_to_a_call_that_begins_at_this_moment(self) -> None:
        desk = Desk()
        await desk.left("call-1")
        lives = iter((set[str](), {"call-1"}))
        await desk.recovery.deliver_delayed(lambda: next(lives))

        assert await desk.delivered() == []

    async def test_keeps_no_other_from_its_delivery(self) -> None:
        desk = Desk()
        gone = await desk.left("call-1")
        await desk.left("call-2")

        def meanwhile() -> set[str]:
            desk.store.messages.kept.pop(gone.id, None)  # Its mailbox is removed.
            return set()

        await desk.recovery.deliver_delayed(meanwhile)

        assert [message.call for message in await desk.delivered()] == ["call-2"]

    async def test_waits_for_the_next_turn_where_the_store_fails_again(self) -> None:
        desk = Desk()
        await desk.left("call-1")

        asked = count(1)

        def goes_down_at_last() -> set[str]:
            desk.store.switch.is_down = next(asked) == 2
            return set()

        await desk.recovery.deliver_delayed(goes_down_at_last)
        desk.store.switch.is_down = False

        assert await desk.delivered() == []
        await desk.recovery.deliver_delayed(set)
        assert len(await desk.delivered()) == 1
