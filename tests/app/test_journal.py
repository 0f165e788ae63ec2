"""The record of a call, as it grows."""

import pytest
from tests.support.sip_messages import a_request
from tests.support.still_clock import StillClock

from umbel.app.acceptance import new_record
from umbel.app.journal import MOST_MILESTONES, Heard, Journal
from umbel.app.record_keeper import RecordKeeper
from umbel.directory.records import CallRecord, CallState


class Desk:
    """A journal, and all that comes out of it."""

    def __init__(self, from_: str = "<sip:gray@example.net>;tag=1") -> None:
        self.kept: list[CallRecord] = []
        self.heard: list[Heard] = []
        self.clock = StillClock()
        self.keeper = RecordKeeper(self.kept.append)
        record = new_record("c1", "node01.example.org", a_request(from_=from_), self.clock)
        self.journal = Journal(
            record, clock=self.clock, keeper=self.keeper, watch=self.heard.append
        )

    @property
    def texts(self) -> list[str]:
        """Give what whoever watches was told."""
        return [each.text for each in self.heard]


class TestTheRecord:
    def test_is_kept_when_the_call_begins_is_answered_and_ends(self) -> None:
        desk = Desk()
        desk.journal.begun()
        desk.clock.go_on(2)
        desk.journal.answered()
        desk.clock.go_on(30)
        desk.journal.ended(200, "the caller hung up")

        assert [it.state for it in desk.kept] == [
            *(CallState.OFFERED, CallState.ANSWERED, CallState.ENDED)
        ]
        last = desk.kept[-1]
        assert last.answered is not None
        assert last.ended is not None
        assert (last.ended - last.answered).total_seconds() == 30
        assert desk.texts == ["calls bell as gray", "is gone (the caller hung up)"]

    async def test_waits_for_the_next_second_with_what_happens_often(self) -> None:
        desk = Desk()
        desk.journal.said("Welcome.")
        desk.journal.said("Press 1.")
        assert desk.kept == []

        await desk.keeper.flush()

        assert [it.caption for it in desk.kept] == ["Press 1."]

    def test_knows_the_flow_and_the_mailbox_from_its_milestones(self) -> None:
        desk = Desk()
        desk.journal.milestone("access.judged", {"mailbox": "2001", "verdict": "RIGHT"})
        desk.journal.milestone("message.playing", {"message": "m1"})

        assert (desk.journal.record.flow, desk.journal.record.mailbox) == ("subscriber", "2001")

    def test_keeps_the_first_and_the_latest_of_very_many_milestones(self) -> None:
        desk = Desk()
        for number in range(MOST_MILESTONES + 50):
            desk.journal.milestone("attendant.chosen", {"number": number})

        numbers = [it.fields["number"] for it in desk.journal.record.milestones]
        assert len(numbers) == MOST_MILESTONES
        assert numbers[:2] == [0, 1]
        assert numbers[-1] == MOST_MILESTONES + 49

    def test_tells_how_many_digits_were_dialled_and_never_which(self) -> None:
        """They may be a PIN."""
        desk = Desk()
        desk.journal.dialled_digits("583917")
        desk.journal.dialled_digits("")

        assert desk.texts == ["dials 6 digits"]

    def test_can_be_kept_whatever_a_peer_gave_as_the_reason(self) -> None:
        desk = Desk()
        desk.journal.milestone("message.delayed", {"reason": "\0", "seconds": 2.5})
        desk.journal.ended(200, "\udcff is gone\n")

        (record,) = desk.kept
        assert record.reason == "� is gone "
        assert record.milestones[0].fields == {"reason": "�", "seconds": 2.5}
        assert desk.texts == ["is gone (� is gone )"]

    @pytest.mark.parametrize(
        ("from_", "name", "number"),
        [
            ('"A\x1b[2J" <sip:gr%1bay@example.net>;tag=1', "A�[2J", "gr�ay"),
            ('"Elisha Gray" <sip:2002@example.net>;tag=1', "Elisha Gray", "2002"),
            ('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', "", ""),
        ],
    )
    def test_has_nothing_that_acts_on_a_terminal(self, from_: str, name: str, number: str) -> None:
        record = Desk(from_).journal.record

        assert (record.caller_name, record.caller) == (name, number)
