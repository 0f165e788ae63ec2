"""The stores in memory keep the promises of the ports that they stand for."""

import pytest
from tests.support.memory_store import MemoryStore

from umbel.core.errors import Misuse, Unavailable
from umbel.mailbox.message import Caller, Importance, MessageGone, MessageState
from umbel.mailbox.pin import PinState
from umbel.mailbox.ports import Audio, Greetings, Messages, PinHasher, Pins


def typed(store: MemoryStore) -> tuple[Messages, Audio, Greetings, Pins, PinHasher]:
    """Have mypy check that the doubles are the ports."""
    return store.messages, store.audio, store.greetings, store.pins, store.hasher


class TestMessages:
    async def test_live_from_recording_to_purged(self) -> None:
        messages, audio, *_ = typed(MemoryStore())
        message = await messages.begin("2001", Caller(), "call-1")
        await audio.append(message.audio, bytes(32_000))
        assert await messages.unfinished("node01") == [message]
        assert await audio.duration(message.audio) == 2

        delivered = await messages.deliver(message.id, 2, Importance.HIGH)
        assert await messages.of_mailbox("2001", MessageState.NEW) == [delivered]
        assert await messages.get(message.id) == delivered

        await messages.mark(message.id, MessageState.DELETED)
        await messages.purge("2001")
        assert await messages.get(message.id) is None
        assert await audio.read(message.audio) == b""

    async def test_are_listed_urgent_first(self) -> None:
        messages, *_ = typed(MemoryStore())
        for importance in Importance:
            message = await messages.begin("2001", Caller(), "call-1")
            await messages.deliver(message.id, 2, importance)

        listed = await messages.of_mailbox("2001", MessageState.NEW)
        assert [each.importance for each in listed] == [Importance.HIGH, Importance.NORMAL]

    async def test_cannot_be_delivered_twice(self) -> None:
        messages, *_ = typed(MemoryStore())
        message = await messages.begin("2001", Caller(), "call-1")
        await messages.deliver(message.id, 2, Importance.NORMAL)
        with pytest.raises(Misuse):
            await messages.deliver(message.id, 2, Importance.NORMAL)

    async def test_can_be_delivered_as_interrupted(self) -> None:
        messages, *_ = typed(MemoryStore())
        message = await messages.begin("2001", Caller(), "call-1")

        assert (await messages.deliver_interrupted(message.id, 2)).was_interrupted

    async def test_that_are_gone_cannot_be_marked_or_delivered(self) -> None:
        messages, *_ = typed(MemoryStore())
        message = await messages.begin("2001", Caller(), "call-1")
        await messages.discard(message.id)

        with pytest.raises(MessageGone):
            await messages.mark(message.id, MessageState.SAVED)
        with pytest.raises(MessageGone):
            await messages.deliver(message.id, 2, Importance.NORMAL)


class TestGreetings:
    async def test_delete_what_they_replace(self) -> None:
        store = MemoryStore()
        first, second = await store.audio.create(), await store.audio.create()
        await store.greetings.set_greeting("2001", first)
        await store.greetings.set_greeting("2001", second)
        await store.greetings.set_spoken_name("2001", None)

        assert await store.greetings.greeting("2001") == second
        assert await store.greetings.spoken_name("2001") is None
        assert set(store.audio.kept) == {second}


class TestPins:
    async def test_are_replaced_only_if_nobody_came_first(self) -> None:
        pins = MemoryStore().pins

        assert await pins.replace("2001", PinState(), PinState(failures=1))
        assert not await pins.replace("2001", PinState(), PinState(failures=9))
        assert await pins.state("2001") == PinState(failures=1)

    async def test_match_their_own_hash(self) -> None:
        hasher = MemoryStore().hasher

        assert await hasher.matches(await hasher.hash("271828"), "271828")
        assert not await hasher.matches(await hasher.hash("271828"), "314159")


class TestASwitchThatIsOff:
    async def test_makes_everything_unavailable(self) -> None:
        store = MemoryStore()
        with store.switch.down(), pytest.raises(Unavailable):
            await store.audio.create()

        await store.audio.create()
