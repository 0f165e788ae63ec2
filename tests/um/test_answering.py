"""Call answering, branch by branch."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from tests.support.exchange_office import BELL, GRAY, PLAN, POLICY, Office
from tests.support.scripted_call import During, Press, ScriptedCall, Speech

from umbel.core.errors import Unavailable
from umbel.core.event_catalogue import MESSAGE_DELIVERED, MESSAGE_NOT_TAKEN
from umbel.directory.objects import DialPlan, Mailbox
from umbel.mailbox.message import AudioId, Importance, Message, MessageState
from umbel.speech.phrase import Recorded
from umbel.um.call import Ended, HungUp, Outcome, Recording
from umbel.um.flows import lead
from umbel.um.places import AtMailbox

SENT = "Your message has been sent."


class Answered:
    """A call to a mailbox, and what it left."""

    def __init__(self, *presses: Press, speeches: Sequence[Speech] = (Speech(10),)) -> None:
        self.office = Office()
        self.call = ScriptedCall(presses, speeches, audio=self.office.store.audio)

    async def by(self, mailbox: Mailbox = BELL, plan: DialPlan = PLAN) -> "Answered":
        with suppress(HungUp):
            await lead(self.call, self.office.world, AtMailbox(mailbox, plan))
        return self

    @property
    def left(self) -> list[Message]:
        return list(self.office.store.messages.kept.values())

    @property
    def only(self) -> Message:
        (message,) = self.left
        return message


class TestTheGreeting:
    async def test_is_the_standard_one_with_the_name(self) -> None:
        call = (await Answered().by()).call

        assert call.heard[:2] == [
            "You have reached the voice mailbox of Alexander Graham Bell.",
            "Please leave a message after the tone.",
        ]

    async def test_is_the_subscribers_own_when_there_is_one(self) -> None:
        answered = Answered()
        audio = await answered.office.record_greeting()
        await answered.by()

        assert answered.call.said[0] == Recorded(
            audio=audio, caption="greeting of Alexander Graham Bell"
        )

    async def test_can_be_skipped(self) -> None:
        answered = await Answered(During(0, "#"), "#").by()

        assert answered.only.state is MessageState.NEW

    async def test_leads_the_owner_to_their_mailbox_by_star(self) -> None:
        call = (await Answered(During(0, "*")).by()).call

        assert "Voice mail of Alexander Graham Bell." in call.heard


class TestTheOperatorDuringTheGreeting:
    @pytest.mark.parametrize(("mailbox", "operator"), [(BELL, "2000"), (GRAY, "2009")])
    async def test_is_the_persons_own_or_the_plans(self, mailbox: Mailbox, operator: str) -> None:
        answered = await Answered(During(0, "0")).by(mailbox)

        assert answered.call.reached == operator
        assert answered.left == []

    async def test_may_not_be_there(self) -> None:
        answered = await Answered(During(0, "0"), "#").by(plan=replace(PLAN, operator=""))

        assert answered.call.heard[3:5] == [
            "There is no operator.",
            "Please leave a message after the tone.",
        ]
        assert answered.only.state is MessageState.NEW

    async def test_may_be_busy(self) -> None:
        answered = Answered(During(0, "0"), "#")
        answered.call = ScriptedCall(
            [During(0, "0"), "#"],
            [Speech(10)],
            [Outcome.BUSY],
            audio=answered.office.store.audio,
        )
        await answered.by()

        assert "The operator cannot be reached now." in answered.call.heard
        assert answered.only.state is MessageState.NEW


class TestACallerWhoHangsUp:
    async def test_after_speaking_has_sent(self) -> None:
        answered = await Answered(speeches=[Speech(10, Ended.HUNG_UP)]).by()

        assert answered.only.state is MessageState.NEW
        assert answered.only.duration == 10
        assert answered.call.told == [(MESSAGE_DELIVERED, {"mailbox": "2001", "seconds": 10})]

    async def test_at_once_leaves_nothing(self) -> None:
        answered = await Answered(speeches=[Speech(1.5, Ended.HUNG_UP)]).by()

        assert answered.left == []
        assert answered.office.store.audio.kept == {}
        assert "message.discarded" in answered.call.milestones

    async def test_during_the_greeting_leaves_nothing(self) -> None:
        answered = Answered()
        answered.call.hangs_up_at = 0
        await answered.by()

        assert answered.left == []

    async def test_at_the_choices_has_sent(self) -> None:
        answered = await Answered().by()

        assert answered.only.state is MessageState.NEW


class TestAfterTheRecording:
    async def test_pound_sends(self) -> None:
        answered = await Answered("#").by()

        assert answered.call.heard[-2:] == [SENT, "Goodbye."]
        assert answered.call.has_hung_up

    async def test_silence_sends(self) -> None:
        answered = await Answered(None, None, None).by()

        assert SENT in answered.call.heard

    async def test_the_message_can_be_heard(self) -> None:
        answered = await Answered("1", "1", "#").by()

        assert answered.call.heard.count("your message") == 2
        assert answered.call.waited == 30

    async def test_a_key_while_it_plays_decides(self) -> None:
        answered = await Answered("1", During(2, "1"), During(3, "#")).by()

        assert answered.call.heard.count("your message") == 2
        assert SENT in answered.call.heard

    async def test_it_can_be_marked_as_urgent(self) -> None:
        answered = await Answered("3", "#").by()

        assert "Your message is marked as urgent." in answered.call.heard
        assert "To send it without urgency, press 3." in answered.call.heard
        assert answered.only.importance is Importance.HIGH

    async def test_urgency_can_be_taken_back(self) -> None:
        answered = await Answered("3", "3", "#").by()

        assert answered.only.importance is Importance.NORMAL

    async def test_recording_again_replaces_it(self) -> None:
        answered = await Answered("2", "#", speeches=[Speech(10), Speech(7)]).by()

        assert answered.only.duration == 7
        assert len(answered.office.store.audio.kept) == 1

    async def test_recording_again_and_hanging_up_leaves_nothing(self) -> None:
        answered = await Answered("2").by()

        assert answered.left == []

    async def test_the_limit_is_told(self) -> None:
        plan = replace(PLAN, max_recording=60)
        answered = await Answered("#", speeches=[Speech(90, Ended.LIMIT)]).by(plan=plan)

        assert "Your message has reached the longest time allowed." in answered.call.heard
        assert answered.only.duration == 60


class TestWhatIsTooShort:
    async def test_is_nothing_three_times(self) -> None:
        answered = await Answered(speeches=[Speech(1)] * 3).by()

        assert answered.call.heard.count("Your message was too short.") == 3
        assert answered.left == []
        assert answered.call.has_hung_up

    async def test_does_not_count_the_closing_silence(self) -> None:
        speeches = [Speech(6, Ended.SILENCE), Speech(9, Ended.SILENCE)]
        answered = await Answered("#", speeches=speeches).by()

        assert answered.call.heard.count("Your message was too short.") == 1
        assert answered.only.duration == 9

    async def test_is_what_the_policy_says(self) -> None:
        answered = Answered(speeches=[Speech(8, Ended.HUNG_UP)])
        strict = replace(POLICY, shortest_message=9)
        answered.office.configuration = replace(
            answered.office.configuration, policies={"standard": strict}
        )
        await answered.by()

        assert answered.left == []

    async def test_is_two_seconds_when_the_policy_is_gone(self) -> None:
        answered = Answered(speeches=[Speech(2, Ended.HUNG_UP)])
        answered.office.configuration = replace(answered.office.configuration, policies={})
        await answered.by()

        assert answered.only.duration == 2


class TestAStoreThatIsDown:
    async def test_greets_all_the_same_and_says_to_try_later(self) -> None:
        answered = Answered()
        with answered.office.store.switch.down():
            await answered.by()

        assert "Alexander Graham Bell" in answered.call.heard[0]
        assert answered.call.heard[-3:] == [
            "This mailbox cannot take messages now.",
            "Please try again later.",
            "Goodbye.",
        ]
        why = {"mailbox": "2001", "reason": "the store of the test is down"}
        assert answered.call.told == [(MESSAGE_NOT_TAKEN, why)]

    async def test_after_the_recording_leaves_it_to_be_delivered_later(self) -> None:
        answered = Answered("#")
        call = FailingWhenAsked(["#"], [Speech(10)], audio=answered.office.store.audio)
        call.office, answered.call = answered.office, call
        await answered.by()

        assert (
            "Your message has been recorded and will be delivered as soon as possible."
            in answered.call.heard
        )
        assert answered.only.state is MessageState.RECORDING
        assert "message.delayed" in answered.call.milestones

    async def test_before_it_is_sent_does_not_forget_that_it_is_urgent(self) -> None:
        """The store knows it before the caller decides to send."""
        answered = Answered()
        call = FailingToDeliver(["3", "#"], [Speech(10)], audio=answered.office.store.audio)
        call.office, answered.call = answered.office, call
        await answered.by()

        assert answered.only.state is MessageState.RECORDING
        assert answered.only.importance is Importance.HIGH

    async def test_while_the_caller_marks_it_does_not_end_the_call(self) -> None:
        answered = Answered()
        call = FailingWhenAsked(["3", "#"], [Speech(10)], audio=answered.office.store.audio)
        call.office, answered.call = answered.office, call
        await answered.by()

        assert "Your message is marked as urgent." in answered.call.heard
        assert "message.delayed" in answered.call.milestones

    async def test_while_recording_keeps_what_was_spoken(self) -> None:
        answered = Answered()
        answered.call = FailingWhileRecording([], [], audio=answered.office.store.audio)
        await answered.by()

        assert "This mailbox cannot take messages now." in answered.call.heard
        assert answered.only.state is MessageState.NEW
        assert answered.only.duration == 5


class TestAMailboxThatIsRemovedWhileItsCallerSpeaks:
    async def test_loses_the_message_and_says_so(self) -> None:
        answered = Answered()
        call = LosingItsMessage(["#"], [Speech(10)], audio=answered.office.store.audio)
        call.office, answered.call = answered.office, call
        await answered.by()

        assert answered.left == []
        assert "Your message could not be sent." in answered.call.heard
        assert answered.call.heard[-1] == "Goodbye."
        assert answered.call.told == []


class FailingToDeliver(ScriptedCall):
    """The store goes down once the message has been marked."""

    office: Office

    def _key(self, within: float) -> str | None:
        self.office.store.switch.is_down = "Your message is marked as urgent." in self.heard
        return super()._key(within)


class FailingWhenAsked(ScriptedCall):
    """The store goes down while the caller decides."""

    office: Office

    def _key(self, within: float) -> str | None:
        if within:
            self.office.store.switch.is_down = True
        return super()._key(within)


class LosingItsMessage(ScriptedCall):
    """An administrator removes the mailbox meanwhile; its audio goes a moment later."""

    office: Office

    async def record(
        self, into: AudioId, *, longest: float, silence: float, keys: str
    ) -> Recording:
        spoken = await super().record(into, longest=longest, silence=silence, keys=keys)
        self.office.store.messages.kept.clear()
        return spoken


class FailingWhileRecording(ScriptedCall):
    """Appending fails after five seconds."""

    async def record(
        self, into: AudioId, *, longest: float, silence: float, keys: str
    ) -> Recording:
        if self.audio is not None:
            await self.audio.append(into, bytes(5 * 16_000))
        raise Unavailable("the disk is full")
