"""Whatever a caller presses, and whenever they hang up: nothing breaks and no word is lost."""

import asyncio
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st
from tests.support.exchange_office import BELL, FRONT_DESK, PIN, PLAN, POLICY, Office
from tests.support.repeatable import repeatable
from tests.support.scripted_call import During, Press, ScriptedCall, Speech

from umbel.core.event_catalogue import MESSAGE_DELIVERED
from umbel.mailbox.message import MessageState
from umbel.um.call import Ended, HungUp, Outcome
from umbel.um.flows import lead
from umbel.um.places import AtAttendant, AtMailbox, AtSubscriberAccess, Place

keys = st.text("0123456789*#", min_size=1, max_size=6)
content = st.text("13456789#", min_size=1, max_size=6)
"""Keys of somebody who does not record again."""
presses = st.lists(
    st.one_of(
        keys,
        st.none(),
        st.builds(During, st.sampled_from([0.0, 2.0, 7.0]), keys),
        st.sampled_from([f"{PIN}#", "2001#", "4729#", "1", "2", "#", "33"]),
    ),
    max_size=25,
)
speeches = st.lists(
    st.builds(Speech, st.sampled_from([0.0, 1.0, 4.0, 6.0, 30.0]), st.sampled_from(Ended)),
    max_size=5,
)
outcomes = st.lists(st.sampled_from(Outcome), max_size=5)
verbs = st.one_of(st.none(), st.integers(0, 30))
places = st.sampled_from(
    [
        AtAttendant(FRONT_DESK, PLAN),
        AtMailbox(BELL, PLAN),
        AtSubscriberAccess(BELL, PLAN),
        AtSubscriberAccess(None, PLAN),
    ]
)


async def meet(office: Office, call: ScriptedCall, place: Place) -> None:
    """Lead the caller; a hang-up is how most calls end."""
    await office.leave(20)
    await office.leave(3)
    with suppress(HungUp):
        await lead(call, office.world, place)


class TestAnyCaller:
    @given(presses, speeches, outcomes, verbs, places)
    @repeatable
    def test_breaks_nothing_and_leaves_no_message_unfinished(
        self,
        pressed: list[Press],
        said: list[Speech],
        became: list[Outcome],
        hangs_up_at: int | None,
        place: Place,
    ) -> None:
        office = Office()
        call = ScriptedCall(
            pressed, said, became, audio=office.store.audio, hangs_up_at=hangs_up_at
        )
        asyncio.run(meet(office, call, place))

        kept = office.store.messages.kept.values()
        assert [each for each in kept if each.state is MessageState.RECORDING] == []
        owned = {each.audio for each in kept} | {
            *office.store.greetings.greetings.values(),
            *office.store.greetings.names.values(),
        }
        assert set(office.store.audio.kept) == owned

    @given(st.lists(st.one_of(content, st.none())), st.sampled_from(Ended), verbs)
    @repeatable
    def test_who_spoke_and_did_not_begin_anew_is_heard(
        self, pressed: list[Press], ended: Ended, hangs_up_at: int | None
    ) -> None:
        office = Office()
        said = [Speech(PLAN.recording_silence + POLICY.shortest_message, ended)]
        call = ScriptedCall(pressed, said, audio=office.store.audio, hangs_up_at=hangs_up_at)
        asyncio.run(meet(office, call, AtMailbox(BELL, PLAN)))

        has_spoken = "recording.ended" in call.milestones
        told = [fields for kind, fields in call.told if kind is MESSAGE_DELIVERED]
        assert told == ([{"mailbox": "2001", "seconds": 7}] if has_spoken else [])


class TestAnyMoment:
    def test_to_hang_up_after_speaking_delivers(self) -> None:
        """Each verb of a call that records, listens, marks as urgent and sends, in turn."""
        for verb in range(12):
            office = Office()
            call = ScriptedCall(
                ["1", "3", "#"], [Speech(10)], audio=office.store.audio, hangs_up_at=verb
            )
            with suppress(HungUp):
                asyncio.run(lead(call, office.world, AtMailbox(BELL, PLAN)))

            has_spoken = "recording.ended" in call.milestones
            states = [message.state for message in office.of_bell()]
            assert states == ([MessageState.NEW] if has_spoken else [])
