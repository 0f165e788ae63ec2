"""Hearing messages: every key, while a message plays and after it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from tests.support.exchange_office import BELL, PLAN, Office
from tests.support.scripted_call import During, Press, ScriptedCall

from umbel.directory.objects import DialPlan
from umbel.mailbox.message import AudioId, Caller, Importance, Message, MessageState
from umbel.speech.phrase import Recorded
from umbel.um.call import HungUp, Outcome
from umbel.um.flows.hearing import Hearing, hear_messages

MENU = "To hear the message again, press 1."
DELETE, UNDELETE = "To delete it, press 7.", "To keep it after all, press 7."
MARK_NEW, SAVE = "To mark it as new, press 9.", "To save it, press 5."


async def office_with(*seconds: float) -> Office:
    """Leave Bell messages of these lengths."""
    office = Office()
    for each in seconds:
        await office.leave(each)
    return office


async def hear(
    office: Office, *presses: Press, outcomes: Sequence[Outcome] = (), plan: DialPlan = PLAN
) -> ScriptedCall:
    call = ScriptedCall(presses, outcomes=outcomes, audio=office.store.audio)
    with suppress(HungUp):
        await hear_messages(call, office.world, BELL, plan)
    return call


def played(call: ScriptedCall) -> list[tuple[str, float]]:
    """Give what was played and from where."""
    return [(each.audio, each.since) for each in call.said if isinstance(each, Recorded)]


def states(office: Office) -> list[MessageState]:
    return [message.state for message in office.of_bell()]


class TestTheEnvelope:
    async def heard(self, caller: Caller, was_interrupted: bool = False) -> ScriptedCall:
        office = Office()
        message = await office.leave(caller=caller)
        office.store.messages.kept[message.id] = replace(message, was_interrupted=was_interrupted)
        return await hear(office)

    async def test_says_which_when_and_from_whom(self) -> None:
        call = await self.heard(Caller(number="2002", mailbox="2002"))

        assert call.heard[:4] == [
            "Message 1.",
            "New message.",
            "Received today at 3:30 PM from Elisha Gray.",
            "message from Elisha Gray",
        ]

    @pytest.mark.parametrize(
        ("caller", "origin"),
        [
            (Caller(number="2002", name="E. Gray"), "from E. Gray."),
            (Caller(number="+16175550100"), "from the number +16175550100."),
            (Caller(number="gray"), "from an unknown caller."),
            (Caller(), "from an unknown caller."),
            (Caller(number="2009", mailbox="2009"), "from 2009."),
        ],
    )
    async def test_says_what_is_known_of_the_caller(self, caller: Caller, origin: str) -> None:
        assert (await self.heard(caller)).heard[2].endswith(origin)

    async def test_says_that_it_was_interrupted(self) -> None:
        call = await self.heard(Caller(), was_interrupted=True)

        assert "This message was cut short by a fault of the system." in call.heard

    async def test_says_that_it_is_urgent(self) -> None:
        office = Office()
        await office.leave(importance=Importance.HIGH)

        assert "Urgent." in (await hear(office)).heard

    async def test_can_be_interrupted_by_a_key(self) -> None:
        office = await office_with(20, 20)
        call = await hear(office, During(0, "#"))

        assert played(call) == [("audio-2", 0.0)]


class TestGoingThrough:
    async def test_says_when_there_is_nothing(self) -> None:
        call = await hear(Office())

        assert call.heard == ["There are no messages."]

    async def test_plays_new_messages_before_saved_ones(self) -> None:
        office = await office_with(20, 30)
        first = office.of_bell()[0]
        await office.store.messages.mark(first.id, MessageState.SAVED)
        call = await hear(office, "#", "#")

        assert [audio for audio, _ in played(call)] == ["audio-2", "audio-1"]
        assert call.heard[-1] == "There are no more messages."

    async def test_goes_back_to_the_previous_message(self) -> None:
        call = await hear(await office_with(20, 20), "#", "11")

        assert [audio for audio, _ in played(call)] == ["audio-1", "audio-2", "audio-1"]

    async def test_says_that_there_is_none_before_the_first(self) -> None:
        call = await hear(await office_with(20), "11")

        assert "This is the first message." in call.heard

    async def test_ends_at_the_main_menu(self) -> None:
        call = await hear(await office_with(20), "*")

        assert not call.has_hung_up

    async def test_ends_after_three_silences(self) -> None:
        call = await hear(await office_with(20), None, None, None)

        assert call.heard.count("Are you still there?") == 3
        assert not call.has_hung_up

    async def test_forgives_silence_after_a_key(self) -> None:
        call = await hear(await office_with(20), None, None, "0", None, "33")

        assert call.heard[-1] == "Goodbye."


class TestAMessageThatWasRemovedMeanwhile:
    """By another call of the same subscriber."""

    async def test_is_told_of_and_passed_over(self) -> None:
        office = await office_with(20, 20)
        call = ScriptedCall(["7"], audio=office.store.audio)
        first, _ = office.of_bell()
        hearing = Hearing(call, office.world, PLAN, office.of_bell())
        await office.store.messages.discard(first.id)
        with suppress(HungUp):
            await hearing.go_through()

        assert "This message is no longer there." in call.heard
        assert played(call)[-1] == ("audio-2", 0.0)
        assert states(office) == [MessageState.SAVED]


class TestWhileItPlays:
    @pytest.mark.parametrize(
        ("key", "since"), [(During(8, "1"), 3), (During(2, "1"), 0), (During(8, "3"), 13)]
    )
    async def test_it_goes_back_and_forward_by_five_seconds(
        self, key: During, since: float
    ) -> None:
        call = await hear(await office_with(20), key)

        assert played(call) == [("audio-1", 0.0), ("audio-1", since)]

    async def test_forward_beyond_the_end_is_the_end(self) -> None:
        office = await office_with(20)
        call = await hear(office, During(17, "3"))

        assert len(played(call)) == 1
        assert states(office) == [MessageState.SAVED]

    async def test_it_pauses_and_goes_on(self) -> None:
        call = await hear(await office_with(20), During(8, "2"), "2")

        assert "Paused. To go on, press 2." in call.heard
        assert played(call) == [("audio-1", 0.0), ("audio-1", 8.0)]

    async def test_a_pause_ends_by_itself(self) -> None:
        call = await hear(await office_with(20), During(8, "2"), None)

        assert played(call)[-1] == ("audio-1", 8.0)
        assert call.waited >= 60

    async def test_another_key_ends_a_pause_and_counts(self) -> None:
        office = await office_with(20)
        call = await hear(office, During(8, "2"), "7")

        assert "Deleted." in call.heard

    async def test_next_leaves_a_new_message_new(self) -> None:
        office = await office_with(20)
        await hear(office, During(2, "#"))

        assert states(office) == [MessageState.NEW]

    async def test_33_goes_to_the_end(self) -> None:
        office = await office_with(20)
        call = await hear(office, During(2, "33"))

        assert call.waited < 3
        assert states(office) == [MessageState.SAVED]
        assert MENU in call.heard

    async def test_11_goes_to_the_previous_message(self) -> None:
        call = await hear(await office_with(20, 20), "#", During(2, "11"))

        assert [audio for audio, _ in played(call)] == ["audio-1", "audio-2", "audio-1"]

    async def test_a_key_after_the_first_of_two_begins_the_next_choice(self) -> None:
        """``1`` and at once ``#``: back, and then next; the ``#`` is not lost."""
        office = await office_with(20, 20)
        call = await hear(office, "1#")

        assert [audio for audio, _ in played(call)] == ["audio-1", "audio-2"]


class TestHeardToItsEnd:
    async def test_a_new_message_is_saved(self) -> None:
        office = await office_with(20)
        call = await hear(office)

        assert states(office) == [MessageState.SAVED]
        assert MENU in call.heard

    async def test_it_can_be_heard_again(self) -> None:
        call = await hear(await office_with(20), "1")

        assert played(call) == [("audio-1", 0.0), ("audio-1", 0.0)]

    @pytest.mark.parametrize("key", ["2", "3", "4", "A"])
    async def test_what_makes_no_sense_is_no_choice(self, key: str) -> None:
        call = await hear(await office_with(20), key)

        assert "That is not one of the choices." in call.heard

    async def test_33_ends_the_call(self) -> None:
        call = await hear(await office_with(20), "33")

        assert call.heard[-1] == "Goodbye."
        assert call.has_hung_up

    async def test_0_repeats_the_choices(self) -> None:
        call = await hear(await office_with(20), "0", "0")

        assert call.heard.count(MENU) == 3


class TestTheChoices:
    @pytest.mark.parametrize(
        ("keys", "offered"),
        [
            ((), [DELETE, MARK_NEW]),
            (("9",), [DELETE, MARK_NEW, SAVE]),
            (("7",), [UNDELETE]),
        ],
    )
    async def test_are_those_that_make_sense(
        self, keys: tuple[str, ...], offered: list[str]
    ) -> None:
        """A message that was heard to its end is a saved one."""
        call = await hear(await office_with(20), *keys)
        last = call.heard[len(call.heard) - call.heard[::-1].index(MENU) :]

        assert [said for said in last if said in (DELETE, UNDELETE, MARK_NEW, SAVE)] == offered


class TestMarking:
    async def test_deletes_and_undeletes(self) -> None:
        office = await office_with(20)
        call = await hear(office, "7")
        assert states(office) == [MessageState.DELETED]
        assert UNDELETE in call.heard

        office = await office_with(20)
        call = await hear(office, "7", "7")
        assert states(office) == [MessageState.SAVED]
        assert "The message is no longer deleted." in call.heard

    async def test_undeletes_a_new_message_as_new(self) -> None:
        office = await office_with(20)
        await hear(office, During(2, "7"), "7")

        assert states(office) == [MessageState.NEW]

    async def test_shows_a_deleted_message_as_such(self) -> None:
        call = await hear(await office_with(20, 20), "7", "#", "11")

        assert "Deleted message." in call.heard

    async def test_keeps_as_new_however_often_it_is_heard(self) -> None:
        office = await office_with(20)
        call = await hear(office, "9", "1")

        assert "Kept as new." in call.heard
        assert states(office) == [MessageState.NEW]
        assert "To save it, press 5." in call.heard

    async def test_saves_before_it_was_heard(self) -> None:
        office = await office_with(20)
        call = await hear(office, During(2, "5"))

        assert "Saved." in call.heard
        assert states(office) == [MessageState.SAVED]

    async def test_saves_what_was_marked_as_new(self) -> None:
        office = await office_with(20)
        await hear(office, "9", "5")

        assert states(office) == [MessageState.SAVED]


class TestMoreChoices:
    @pytest.mark.parametrize("presses", [["001"], ["00", "1"]])
    async def test_play_from_the_beginning(self, presses: list[str]) -> None:
        call = await hear(await office_with(20), *presses)

        assert played(call) == [("audio-1", 0.0), ("audio-1", 0.0)]

    async def test_are_read_out(self) -> None:
        call = await hear(await office_with(20), "00", None)

        assert "To call the sender, press 2." in call.heard
        assert "To hear when and from whom it came, press 5." in call.heard

    async def test_repeat_the_envelope(self) -> None:
        call = await hear(await office_with(20), "005")

        assert call.heard.count("Message 1.") == 2

    async def test_take_other_keys_as_they_are(self) -> None:
        office = await office_with(20)
        await hear(office, "00", "7")
        assert states(office) == [MessageState.DELETED]

        office = await office_with(20)
        await hear(office, "007")
        assert states(office) == [MessageState.DELETED]

    async def test_call_the_sender(self) -> None:
        call = await hear(await office_with(20), "002")

        assert call.heard[-1] == "Calling Elisha Gray."
        assert call.reached == "2002"

    async def test_stay_when_the_sender_is_not_reached(self) -> None:
        call = await hear(await office_with(20), "002", "#", outcomes=[Outcome.NO_ANSWER])

        assert "Elisha Gray does not answer." in call.heard
        assert call.heard[-1] == "There are no more messages."

    async def test_call_an_extension_that_has_no_mailbox(self) -> None:
        office = Office()
        await office.leave(caller=Caller(number="3001"))
        call = await hear(office, "002")

        assert call.reached == "3001"

    @pytest.mark.parametrize(
        "caller",
        [
            Caller(number="+19005550123", uri="sip:+19005550123@gw"),
            Caller(number="19005550123"),
            Caller(number="3001@elsewhere", uri="sip:3001@elsewhere.example"),
            Caller(number="bell", uri="sip:bell@elsewhere.example"),
        ],
    )
    async def test_never_call_what_a_stranger_wrote(self, caller: Caller) -> None:
        office = Office()
        await office.leave(caller=caller)
        call = await hear(office, "002")

        assert call.reached is None
        assert "The sender cannot be called back." in call.heard

    async def test_call_no_extension_where_the_dial_plan_forbids_it(self) -> None:
        office = Office()
        await office.leave(caller=Caller(number="3001"))
        call = await hear(office, "002", plan=replace(PLAN, dial_extensions=False))

        assert call.reached is None

    async def test_cannot_call_a_sender_who_is_unknown(self) -> None:
        office = Office()
        await office.leave(caller=Caller())
        call = await hear(office, "002")

        assert "The sender cannot be called back." in call.heard


class TestAMessageWithoutAudio:
    async def test_is_told_and_stays_new(self) -> None:
        office = Office()
        message: Message = await office.leave()
        office.store.audio.kept[AudioId(message.audio)] = b""
        call = await hear(office)

        assert "The recording of this message cannot be found." in call.heard
        assert played(call) == []
        assert states(office) == [MessageState.NEW]
