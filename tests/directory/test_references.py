"""An object that others name is not alone."""

from dataclasses import replace

import pytest
from tests.support.organisation import (
    ANTONIO,
    ELISHA,
    EVERY_CALL_OF_PBX,
    FRONT_DESK,
    LYNC,
    PBX,
    PLAN,
    STAFF,
    organisation,
)

from umbel.directory.objects import AutoAttendant, Configured, KeyAction, KeyMapping, Mailbox
from umbel.directory.references import references_to

WORKSHOP = AutoAttendant(
    name="workshop",
    dial_plan="HQ",
    keys=(
        KeyMapping(key="1", label="the front", action=KeyAction.ATTENDANT, target="front desk"),
        KeyMapping(key="2", label="Antonio", action=KeyAction.MAILBOX, target="1011"),
        KeyMapping(key="3", label="Elisha", action=KeyAction.EXTENSION, target="1002"),
    ),
)


def users(thing: Configured, *different: Configured) -> list[tuple[str, str]]:
    """Give who names *thing*, and in which field."""
    return [
        (it.user.extension if isinstance(it.user, Mailbox) else it.user.name, it.field)
        for it in references_to(thing, organisation(*different))
    ]


class TestAnObject:
    def test_that_is_a_dial_plan_is_named_by_whatever_belongs_to_it(self) -> None:
        assert users(PLAN) == [
            ("pbx-HQ", "dial_plan"),
            ("lync-HQ", "dial_plan"),
            ("front desk", "dial_plan"),
            ("1001", "dial_plan"),
            ("1002", "dial_plan"),
            ("1003", "dial_plan"),
        ]

    def test_that_is_a_gateway_is_named_by_its_hunt_groups(self) -> None:
        assert users(PBX) == [("pbx-HQ", "gateway")]

    def test_that_is_a_policy_is_named_by_the_mailboxes_under_it(self) -> None:
        assert users(STAFF) == [("1001", "policy"), ("1002", "policy"), ("1003", "policy")]

    def test_that_is_an_attendant_is_named_by_dial_plans_and_by_keys(self) -> None:
        plan = replace(PLAN, attendant="front desk")

        assert users(FRONT_DESK, plan, WORKSHOP) == [("HQ", "attendant"), ("workshop", "keys")]

    def test_that_is_an_attendant_does_not_count_itself(self) -> None:
        again = KeyMapping(key="1", label="again", action=KeyAction.ATTENDANT, target="front desk")

        assert users(FRONT_DESK, replace(FRONT_DESK, keys=(again,))) == []

    def test_that_is_a_mailbox_is_named_by_the_keys_that_lead_to_it(self) -> None:
        assert users(ANTONIO, WORKSHOP) == [("workshop", "keys")]

    def test_that_is_a_mailbox_is_none_of_another_dial_plans(self) -> None:
        branch = replace(PLAN, name="branch", access_numbers=())

        assert users(ANTONIO, branch, replace(WORKSHOP, dial_plan="branch")) == []

    @pytest.mark.parametrize("thing", [EVERY_CALL_OF_PBX, ELISHA, replace(LYNC, name="new")])
    def test_may_be_named_by_nobody(self, thing: Configured) -> None:
        """A key that dials an extension needs no mailbox there."""
        assert users(thing, WORKSHOP) == []
