"""Messages, greetings and PINs, on both databases."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.still_clock import PIONEERS_DAY, StillClock

from umbel.backends.sql import SqlStore
from umbel.core.errors import Misuse
from umbel.mailbox.message import (
    AudioId,
    Caller,
    Importance,
    Message,
    MessageGone,
    MessageId,
    MessageState,
)
from umbel.mailbox.pin import PinState

ELISHA = Caller(number="1002", name="Elisha Gray", uri="sip:1002@pbx", mailbox="1002")
SECOND = bytes(16000)


async def leave(
    store: SqlStore, mailbox: str = "1001", importance: Importance = Importance.NORMAL
) -> Message:
    message = await store.messages.begin(mailbox, ELISHA, "call-1")
    await store.audio.append(message.audio, SECOND)
    return await store.messages.deliver(message.id, 1.0, importance)


class TestAMessageBeingSpoken:
    async def test_is_kept_from_the_beginning(self, store: SqlStore) -> None:
        message = await store.messages.begin("1001", ELISHA, "call-1")

        assert await store.messages.get(message.id) == message
        assert message.state is MessageState.RECORDING
        assert (message.received, message.caller, message.call) == (PIONEERS_DAY, ELISHA, "call-1")

    async def test_is_not_heard_by_its_owner(self, store: SqlStore) -> None:
        await store.messages.begin("1001", ELISHA, "call-1")

        assert await store.messages.of_mailbox("1001", MessageState.NEW) == []

    async def test_cannot_be_marked(self, store: SqlStore) -> None:
        message = await store.messages.begin("1001", ELISHA, "call-1")

        with pytest.raises(MessageGone):
            await store.messages.mark(message.id, MessageState.SAVED)

    async def test_is_unfinished_when_its_node_stops(
        self, store: SqlStore, clock: StillClock
    ) -> None:
        first = await store.messages.begin("1001", ELISHA, "call-1")
        clock.go_on(1)
        second = await store.messages.begin("1002", ELISHA, "call-2")
        await leave(store)

        assert await store.messages.unfinished("node01.example.org") == [first, second]

    async def test_of_another_node_is_unfinished_only_where_there_can_be_others(
        self, store: SqlStore
    ) -> None:
        """SQLite has one node; its messages are its own also after it was renamed."""
        message = await store.messages.begin("1001", ELISHA, "call-1")

        found = await store.messages.unfinished("renamed.example.org")

        assert found == ([message] if store.url.startswith("sqlite") else [])

    async def test_is_delivered_as_interrupted_by_the_next_process(self, store: SqlStore) -> None:
        message = await store.messages.begin("1001", ELISHA, "call-1")

        delivered = await store.messages.deliver_interrupted(message.id, 3.0)

        assert delivered == replace(
            message, state=MessageState.NEW, duration=3.0, was_interrupted=True
        )

    async def test_is_as_urgent_as_its_caller_said_whoever_delivers_it(
        self, store: SqlStore
    ) -> None:
        message = await store.messages.begin("1001", ELISHA, "call-1")
        await store.messages.set_importance(message.id, Importance.HIGH)

        (unfinished,) = await store.messages.unfinished("node01.example.org")
        delivered = await store.messages.deliver_interrupted(message.id, 1.5)

        assert unfinished.importance is Importance.HIGH
        assert delivered.importance is Importance.HIGH

    async def test_leaves_nothing_when_discarded(self, store: SqlStore) -> None:
        message = await store.messages.begin("1001", ELISHA, "call-1")
        await store.audio.append(message.audio, SECOND)

        await store.messages.discard(message.id)

        assert await store.messages.get(message.id) is None
        assert await store.audio.read(message.audio) == b""


class TestADeliveredMessage:
    async def test_is_new_and_as_it_was_delivered(self, store: SqlStore) -> None:
        delivered = await leave(store, importance=Importance.HIGH)

        assert await store.messages.of_mailbox("1001", MessageState.NEW) == [delivered]
        assert delivered.importance is Importance.HIGH
        assert delivered.duration == 1.0
        assert not delivered.was_interrupted

    async def test_is_delivered_once(self, store: SqlStore) -> None:
        """A node that got no answer from the database asks again."""
        delivered = await leave(store)
        await store.messages.mark(delivered.id, MessageState.SAVED)

        again = await store.messages.deliver(delivered.id, 9.0, Importance.HIGH)

        assert again == replace(delivered, state=MessageState.SAVED)

    async def test_is_as_urgent_as_it_was_sent(self, store: SqlStore) -> None:
        """The caller is gone, and with them whoever could say otherwise."""
        delivered = await leave(store)
        await store.messages.set_importance(delivered.id, Importance.HIGH)

        assert await store.messages.get(delivered.id) == delivered

    async def test_is_nobody_elses(self, store: SqlStore) -> None:
        await leave(store, "1001")

        assert await store.messages.of_mailbox("1002", MessageState.NEW) == []

    async def test_can_be_deleted_and_undeleted(self, store: SqlStore) -> None:
        message = await leave(store)

        await store.messages.mark(message.id, MessageState.DELETED)
        assert await store.messages.of_mailbox("1001", MessageState.NEW, MessageState.SAVED) == []

        await store.messages.mark(message.id, MessageState.SAVED)
        saved = await store.messages.of_mailbox("1001", MessageState.SAVED)
        assert saved == [replace(message, state=MessageState.SAVED)]

    async def test_is_never_being_spoken_again(self, store: SqlStore) -> None:
        message = await leave(store)

        with pytest.raises(Misuse, match="recorded again"):
            await store.messages.mark(message.id, MessageState.RECORDING)

    async def test_goes_for_good_when_the_mailbox_is_purged(self, store: SqlStore) -> None:
        kept, deleted, elsewhere = (
            await leave(store),
            await leave(store),
            await leave(store, "1002"),
        )
        await store.messages.mark(deleted.id, MessageState.DELETED)
        await store.messages.mark(elsewhere.id, MessageState.DELETED)

        await store.messages.purge("1001")

        assert await store.messages.get(deleted.id) is None
        assert await store.audio.read(deleted.audio) == b""
        assert await store.audio.read(kept.audio) == SECOND
        assert await store.messages.get(elsewhere.id) is not None


class TestSeveralMessages:
    async def test_are_listed_urgent_first_then_the_oldest(
        self, store: SqlStore, clock: StillClock
    ) -> None:
        old = await leave(store)
        same_moment = await leave(store)
        clock.go_on(60)
        urgent = await leave(store, importance=Importance.HIGH)
        clock.go_on(-120)
        oldest = await leave(store)

        listed = await store.messages.of_mailbox("1001", MessageState.NEW)

        assert listed == [urgent, oldest, old, same_moment]

    async def test_can_be_left_at_once(self, store: SqlStore) -> None:
        """Many writes that wait become one transaction."""
        left = await asyncio.gather(*(leave(store) for _ in range(30)))

        listed = await store.messages.of_mailbox("1001", MessageState.NEW)

        assert {message.id for message in listed} == {message.id for message in left}
        assert len(listed) == 30


class TestAMessageThatIsGone:
    async def test_cannot_be_marked(self, store: SqlStore) -> None:
        with pytest.raises(MessageGone, match="no longer there"):
            await store.messages.mark(MessageId("gone"), MessageState.SAVED)

    async def test_cannot_be_delivered(self, store: SqlStore) -> None:
        with pytest.raises(MessageGone):
            await store.messages.deliver(MessageId("gone"), 1.0, Importance.NORMAL)

    async def test_may_be_discarded_again(self, store: SqlStore) -> None:
        await store.messages.discard(MessageId("gone"))

        assert await store.messages.get(MessageId("gone")) is None


class TestGreetings:
    async def test_there_are_none_at_first(self, store: SqlStore) -> None:
        assert await store.greetings.greeting("1001") is None
        assert await store.greetings.spoken_name("1001") is None

    async def test_greeting_and_name_do_not_know_each_other(self, store: SqlStore) -> None:
        await store.greetings.set_greeting("1001", AudioId("greeting"))
        await store.greetings.set_spoken_name("1001", AudioId("spokenname"))

        assert await store.greetings.greeting("1001") == "greeting"
        assert await store.greetings.spoken_name("1001") == "spokenname"

    @pytest.mark.parametrize("to_another", [True, False])
    async def test_the_audio_replaced_is_deleted(self, store: SqlStore, to_another: bool) -> None:
        old, new = await store.audio.create(), await store.audio.create()
        await store.audio.append(old, SECOND)
        await store.greetings.set_greeting("1001", old)

        await store.greetings.set_greeting("1001", new if to_another else None)

        assert await store.greetings.greeting("1001") == (new if to_another else None)
        assert await store.audio.read(old) == b""

    async def test_setting_the_same_again_deletes_nothing(self, store: SqlStore) -> None:
        audio = await store.audio.create()
        await store.audio.append(audio, SECOND)

        for _time in range(2):
            await store.greetings.set_greeting("1001", audio)

        assert await store.audio.read(audio) == SECOND


class TestPins:
    FIRST = PinState(hashed="hash1", set_at=PIONEERS_DAY, must_change=True, history=("h0", "h-1"))

    async def test_a_mailbox_begins_without_one(self, store: SqlStore) -> None:
        assert await store.pins.state("1001") == PinState()

    async def test_every_field_is_kept(self, store: SqlStore) -> None:
        state = replace(self.FIRST, failures=7, is_locked_out=True, needs_reset=True)

        assert await store.pins.replace("1001", PinState(), state)
        assert await store.pins.state("1001") == state
        assert await store.pins.state("1002") == PinState()

    async def test_is_replaced_only_where_nothing_changed_meanwhile(self, store: SqlStore) -> None:
        second = replace(self.FIRST, failures=1)
        await store.pins.replace("1001", PinState(), self.FIRST)

        assert await store.pins.replace("1001", self.FIRST, second)
        assert not await store.pins.replace("1001", self.FIRST, replace(self.FIRST, failures=2))
        assert not await store.pins.replace("1001", PinState(), self.FIRST)
        assert await store.pins.state("1001") == second

    async def test_of_many_at_once_one_is_first(self, store: SqlStore) -> None:
        """Failures counted by calls at the same time: none may be lost unnoticed."""
        states = [replace(self.FIRST, failures=number) for number in range(10)]

        done = await asyncio.gather(
            *(store.pins.replace("1001", PinState(), state) for state in states)
        )

        assert done.count(True) == 1
        assert await store.pins.state("1001") == states[done.index(True)]
