"""The auto attendant, branch by branch."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from tests.support.exchange_office import FRONT_DESK, PLAN, WORKSHOP, Office, subscriber
from tests.support.scripted_call import Press, ScriptedCall, Speech

from umbel.directory.objects import AutoAttendant, Configured, DialPlan, NameOrder
from umbel.um.call import HungUp, Outcome
from umbel.um.flows import lead
from umbel.um.places import AtAttendant


async def attended(
    *presses: Press,
    attendant: AutoAttendant = FRONT_DESK,
    plan: DialPlan = PLAN,
    outcomes: Sequence[Outcome] = (),
    changed: Sequence[Configured] = (),
) -> ScriptedCall:
    """Lead a caller through the attendant; their script may end in the middle."""
    office = Office(plan, attendant, *changed)
    call = ScriptedCall(presses, [Speech(10)], outcomes, audio=office.store.audio)
    with suppress(HungUp):
        await lead(call, office.world, AtAttendant(attendant, plan))
    return call


class TestACallerWhoIsSilent:
    async def test_reaches_the_operator_after_three_tries(self) -> None:
        call = await attended(None, None, None)

        assert call.heard.count("For Sales, press 1.") == 3
        assert call.heard.count("Are you still there?") == 3
        assert call.heard[-2:] == [
            "I am sorry that I could not help you.",
            "Please hold for the operator.",
        ]
        assert (call.reached, call.waited) == ("2000", 15.0)

    async def test_hears_the_greeting_once(self) -> None:
        call = await attended(None, None, None)

        assert call.heard.count("Welcome.") == 1

    async def test_is_let_go_where_there_is_no_operator(self) -> None:
        call = await attended(None, None, None, plan=replace(PLAN, operator=""))

        assert call.heard[-1] == "Goodbye."
        assert call.has_hung_up

    async def test_is_let_go_when_the_operator_is_busy(self) -> None:
        call = await attended(None, None, None, outcomes=[Outcome.BUSY])

        assert call.heard[-2:] == ["The operator cannot be reached now.", "Goodbye."]

    async def test_waits_as_long_as_the_attendant_says(self) -> None:
        call = await attended(None, None, None, attendant=replace(FRONT_DESK, input_timeout=8))

        assert call.waited == 24.0


class TestAWrongKey:
    async def test_is_told_and_counts(self) -> None:
        call = await attended("A", "A", "A")

        assert call.heard.count("That is not one of the choices.") == 3
        assert call.reached == "2000"

    async def test_is_forgiven_once_something_worked(self) -> None:
        call = await attended("A", "A", "4", "A", "A", "1")

        assert call.reached == "3001"


class TestAKeyOfTheMenu:
    @pytest.mark.parametrize("key", ["1", "1#"])
    async def test_puts_through_after_the_pause_or_pound(self, key: str) -> None:
        call = await attended(key)

        assert call.heard[-1] == "Please hold. I am transferring you to Sales."
        assert call.reached == "3001"

    async def test_reads_an_announcement_and_the_menu_again(self) -> None:
        call = await attended("4")

        assert "5 Exeter Place." in call.heard
        assert call.heard.count("For Sales, press 1.") == 2

    async def test_plays_a_recording_of_the_administrator(self) -> None:
        call = await attended("3", attendant=WORKSHOP)

        assert "a tune" in call.heard

    async def test_leads_to_another_attendant(self) -> None:
        call = await attended("2")

        assert "Mister Watson, come here." in call.heard
        assert "For the cellar, press 1." in call.heard

    async def test_leaves_a_message(self) -> None:
        call = await attended("3")

        assert "You have reached the voice mailbox of Alexander Graham Bell." in call.transcript

    @pytest.mark.parametrize("key", ["5", "0"])
    async def test_reaches_the_operator(self, key: str) -> None:
        call = await attended(key)

        assert call.reached == "2000"

    @pytest.mark.parametrize("key", ["5", "0"])
    async def test_says_that_there_is_no_operator(self, key: str) -> None:
        call = await attended(key, plan=replace(PLAN, operator=""))

        assert "There is no operator." in call.heard

    @pytest.mark.parametrize("key", ["6", "*"])
    async def test_leads_to_subscriber_access(self, key: str) -> None:
        call = await attended(key)

        assert call.heard[-1] == "Please enter your extension. Then press pound."

    async def test_offers_names(self) -> None:
        call = await attended("7", "4729#", "1")

        assert call.reached == "2002"

    async def test_reaches_a_subscriber_by_name(self) -> None:
        call = await attended("8")

        assert call.heard[-1] == "Please hold. I am transferring you to Elisha Gray."
        assert call.reached == "2002"

    @pytest.mark.parametrize(
        ("key", "apology"),
        [("1", "I could not reach the cellar."), ("2", "I could not reach nobody.")],
    )
    async def test_apologises_where_it_leads_to_nothing(self, key: str, apology: str) -> None:
        """A disabled attendant, and a mailbox that does not exist."""
        call = await attended(key, attendant=WORKSHOP)

        assert apology in call.heard
        assert "attendant.dead-end" in call.milestones

    async def test_apologises_where_an_attendant_is_gone(self) -> None:
        gone = replace(FRONT_DESK.keys[1], target="attic")
        call = await attended("2", attendant=replace(FRONT_DESK, keys=(gone,)))

        assert "I could not reach the workshop." in call.heard


class TestAnExtension:
    async def test_that_is_a_subscribers_reaches_them(self) -> None:
        call = await attended("2001")

        assert call.heard[-1] == "Please hold. I am transferring you to Alexander Graham Bell."
        assert call.reached == "sip:bell@boston.example"

    async def test_may_begin_with_a_key_of_the_menu(self) -> None:
        call = await attended("1", "A", "1234")

        assert call.reached == "3001"
        call = await attended("1234")
        assert call.reached == "1234"

    async def test_without_a_mailbox_is_called_by_its_number(self) -> None:
        call = await attended("3999")

        assert call.heard[-1] == "Please hold. I am transferring you to 3999."

    async def test_without_a_mailbox_may_be_forbidden(self) -> None:
        call = await attended("3999", plan=replace(PLAN, dial_extensions=False))

        assert "There is no extension 3999." in call.heard
        assert call.tried == []

    async def test_that_is_too_short_is_none(self) -> None:
        call = await attended("39#")

        assert "There is no extension 39." in call.heard

    async def test_is_not_waited_for_where_it_may_not_be_dialled(self) -> None:
        call = await attended("12", attendant=replace(FRONT_DESK, dial_extensions=False))

        assert call.reached == "3001"
        assert call.waited == 0

    async def test_of_one_digit_needs_no_pause(self) -> None:
        call = await attended("9", plan=replace(PLAN, digits=1))

        assert (call.reached, call.waited) == ("9", 0)


class TestSomebodyWhoIsNotReached:
    @pytest.mark.parametrize(
        ("outcome", "explanation"),
        [
            (Outcome.BUSY, "Elisha Gray is on another call."),
            (Outcome.NO_ANSWER, "Elisha Gray does not answer."),
            (Outcome.NOT_FOUND, "I could not find Elisha Gray."),
            (Outcome.REFUSED, "Elisha Gray does not take this call."),
            (Outcome.FAILED, "I could not reach Elisha Gray."),
        ],
    )
    async def test_is_explained(self, outcome: Outcome, explanation: str) -> None:
        call = await attended("2002", outcomes=[outcome])

        assert explanation in call.heard
        assert "To leave a message for Elisha Gray, press 1." in call.heard

    async def test_may_be_left_a_message(self) -> None:
        call = await attended("2002", "1", "#", outcomes=[Outcome.BUSY])

        assert "Your message has been sent." in call.heard

    @pytest.mark.parametrize("answer", ["2", None])
    async def test_or_the_caller_returns_to_the_menu(self, answer: str | None) -> None:
        patience = [answer] * (1 if answer else 3)
        call = await attended("2002", *patience, "1", outcomes=[Outcome.NO_ANSWER])

        assert call.heard.count("For Sales, press 1.") == 2
        assert call.reached == "3001"

    async def test_takes_no_message_where_the_attendant_allows_none(self) -> None:
        attendant = replace(FRONT_DESK, send_messages=False)
        call = await attended("2002", attendant=attendant, outcomes=[Outcome.BUSY])

        assert "To leave a message for Elisha Gray, press 1." not in call.heard

    @pytest.mark.parametrize(
        ("outcome", "explanation"),
        [
            (Outcome.BUSY, "The number is busy."),
            (Outcome.NO_ANSWER, "Nobody answers at this number."),
            (Outcome.NOT_FOUND, "The number does not exist."),
            (Outcome.REFUSED, "The number does not take this call."),
            (Outcome.FAILED, "The number cannot be reached now."),
        ],
    )
    async def test_is_explained_without_a_name(self, outcome: Outcome, explanation: str) -> None:
        call = await attended("3999", outcomes=[outcome])

        assert explanation in call.heard


class TestDiallingByName:
    async def test_asks_to_confirm_who_was_found(self) -> None:
        call = await attended("#", "4729#", "1")

        assert "To call Elisha Gray, press 1." in call.heard
        assert call.reached == "2002"

    async def test_is_spelled_in_the_order_of_the_plan(self) -> None:
        call = await attended(
            "#", "3547#", "1", plan=replace(PLAN, name_order=NameOrder.FIRST_LAST)
        )

        assert "first name first" in call.transcript
        assert call.reached == "2002"

    async def test_starts_over_when_it_was_somebody_else(self) -> None:
        call = await attended("#", "4729#", "*", "2355#", "1")

        assert call.reached == "sip:bell@boston.example"

    async def test_finds_nobody_outside_of_the_directory(self) -> None:
        call = await attended("#", "928766#", "928766#", "928766#", "1")

        assert call.heard.count("Nobody has a name that begins with these letters.") == 3
        assert call.reached == "3001"

    @pytest.mark.parametrize("answer", [["*"], [None, None, None]])
    async def test_is_left_by_star_or_silence(self, answer: list[str | None]) -> None:
        call = await attended("#", *answer, "1")

        assert call.reached == "3001"

    async def test_reads_out_several(self) -> None:
        more = [subscriber("2011", "Emma Gray"), subscriber("2012", "Emma Gray")]
        call = await attended("#", "4729#", "3", changed=more)

        assert "3 names match." in call.heard
        assert "For Elisha Gray, press 1." in call.heard
        assert "Emma Gray, extension 2012." in call.heard
        assert call.reached == "2012"

    async def test_turns_pages_and_comes_around(self) -> None:
        many = [subscriber(f"21{n:02}", f"Gray Person {n:02} Gray") for n in range(12)]
        call = await attended("#", "4729#", "#", "#", "#", "1", changed=many)

        assert call.heard.count("For more names, press pound.") == 4
        assert call.reached == "2108"

    async def test_leaves_the_pages_by_star(self) -> None:
        more = [subscriber("2011", "Emma Gray")]
        call = await attended("#", "4729#", "*", "*", "1", changed=more)

        assert call.reached == "3001"

    async def test_wants_more_letters_for_too_many(self) -> None:
        many = [subscriber(f"21{n:02}", f"Gray Person {n:02} Gray") for n in range(40)]
        call = await attended("#", "4729#", changed=many)

        assert "Too many names begin with these letters." in call.transcript
