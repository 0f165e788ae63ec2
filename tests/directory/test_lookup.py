"""Finding whom a number or SIP address means."""

from dataclasses import replace

import pytest
from tests.support.organisation import (
    ANTONIO,
    ELISHA,
    FRONT_DESK,
    PLAN,
    configuration_of,
    organisation,
)

from umbel.directory.lookup import Directory
from umbel.directory.objects import AutoAttendant, DialPlan, Mailbox

BRANCH = DialPlan(name="branch", digits=3)
INNOCENZO = Mailbox(extension="201", dial_plan="branch", policy="staff", name="Innocenzo Manzetti")
DIRECTORY = Directory(organisation(BRANCH, INNOCENZO))


class TestAMailbox:
    @pytest.mark.parametrize(
        "text",
        [
            "1001",
            "1011",
            "+4315551001",
            "tel:+43-1-555-1001",
            "sip:1001@gateway.example.org;user=phone",
            "1001;phone-context=HQ",
            "antonio",
            "sip:Antonio@example.org",
            "sip:antonio@10.0.0.1",
        ],
    )
    def test_is_found_however_it_is_called(self, text: str) -> None:
        assert DIRECTORY.mailbox(text, PLAN) == ANTONIO

    @pytest.mark.parametrize("text", ["", "1004", "01001", "1001x", "elisha", "201", "+4315551004"])
    def test_is_not_found_by_anything_else(self, text: str) -> None:
        assert DIRECTORY.mailbox(text, PLAN) is None

    def test_is_of_one_dial_plan(self) -> None:
        assert DIRECTORY.mailbox("201", BRANCH) == INNOCENZO
        assert DIRECTORY.mailbox("1001", BRANCH) is None

    def test_has_its_exact_number_before_the_end_of_one(self) -> None:
        """An E.164 number may be an extension itself, and end like another."""
        global_one = replace(ELISHA, other_extensions=("+4315551001",))
        directory = Directory(organisation(global_one))

        assert directory.mailbox("+4315551001", PLAN) == global_one
        assert directory.mailbox("+4419991001", PLAN) == ANTONIO


class TestACaller:
    def test_is_known_by_number(self) -> None:
        assert DIRECTORY.caller("1002", "sip:1002@10.0.0.1", PLAN) == ELISHA

    def test_is_known_by_uri(self) -> None:
        assert DIRECTORY.caller("antonio", "sip:antonio@example.org", PLAN) == ANTONIO

    def test_of_another_domain_is_somebody_else(self) -> None:
        assert DIRECTORY.caller("antonio", "sip:antonio@example.net", PLAN) is None

    def test_may_be_anonymous(self) -> None:
        assert DIRECTORY.caller("", "", PLAN) is None
        assert DIRECTORY.caller("", "sip:anonymous@anonymous.invalid", PLAN) is None


class TestADirectory:
    @pytest.mark.parametrize("pilot", ["2000", "+4315552000", "sip:2000@umbel;user=phone"])
    def test_knows_attendants_by_pilot(self, pilot: str) -> None:
        assert DIRECTORY.attendant(pilot, PLAN) == FRONT_DESK
        assert DIRECTORY.attendant(pilot, BRANCH) is None

    def test_knows_the_numbers_of_subscriber_access(self) -> None:
        assert DIRECTORY.is_access_number("1000", PLAN)
        assert DIRECTORY.is_access_number("sip:voicemail@umbel", PLAN)
        assert not DIRECTORY.is_access_number("1001", PLAN)
        assert not DIRECTORY.is_access_number("1000", BRANCH)

    def test_leaves_out_what_belongs_to_no_dial_plan(self) -> None:
        """A configuration that ``check`` complains about; it must not stop the others' calls."""
        lost = replace(ANTONIO, dial_plan="gone"), AutoAttendant(name="lost", dial_plan="gone")
        directory = Directory(configuration_of(PLAN, ELISHA, *lost))

        assert directory.mailbox("1001", PLAN) is None
        assert directory.mailbox("1002", PLAN) == ELISHA

    def test_knows_nobody_in_a_dial_plan_that_was_removed_while_a_call_was_in_it(self) -> None:
        gone = DialPlan(name="gone", access_numbers=("1000",))

        assert DIRECTORY.mailbox("1001", gone) is None
        assert DIRECTORY.caller("1001", "sip:antonio@example.org", gone) is None
        assert DIRECTORY.attendant("2000", gone) is None
        assert DIRECTORY.is_access_number("1000", gone)
        assert len(DIRECTORY.names(gone)) == 0

    def test_makes_the_index_of_names_once(self) -> None:
        assert DIRECTORY.names(PLAN) is DIRECTORY.names(PLAN)
