"""What an administrator cannot have meant is refused with who is in the way, and the cure."""

from dataclasses import replace

import pytest
from tests.support.organisation import ANTONIO, FRONT_DESK, PBX, PLAN, STAFF, organisation

from umbel.admin.refusals import refuse_removal_in_use, refuse_unknown_languages
from umbel.core.errors import Mistake
from umbel.directory.objects import Configured, KeyAction, KeyMapping


class TestRemoving:
    @pytest.mark.parametrize(
        ("thing", "users", "cure"),
        [
            pytest.param(
                STAFF,
                "mailbox policy staff in use by mailbox 1001, mailbox 1002, mailbox 1003",
                "umbel mailbox set 1001 --policy NAME, or remove it: umbel mailbox remove 1001",
                id="a policy",
            ),
            pytest.param(
                PBX,
                "gateway pbx in use by hunt group pbx-HQ",
                "umbel huntgroup set pbx-HQ --gateway NAME",
                id="a gateway",
            ),
            pytest.param(
                PLAN,
                "in use by hunt group pbx-HQ, hunt group lync-HQ, auto attendant front desk and "
                "3 more",
                "umbel huntgroup set pbx-HQ --dial-plan NAME",
                id="a dial plan",
            ),
        ],
    )
    def test_what_others_name_is_refused(self, thing: Configured, users: str, cure: str) -> None:
        with pytest.raises(Mistake) as refused:
            refuse_removal_in_use(thing, organisation())

        assert users in refused.value.found
        assert cure in refused.value.do

    def test_an_attendant_that_a_dial_plan_leads_to_is_refused(self) -> None:
        plan = replace(PLAN, attendant="front desk")

        with pytest.raises(Mistake, match="umbel dialplan set HQ --clear attendant"):
            refuse_removal_in_use(FRONT_DESK, organisation(plan))

    def test_a_mailbox_that_a_key_leads_to_is_refused(self) -> None:
        key = KeyMapping(key="1", label="Antonio", action=KeyAction.MAILBOX, target="1001")

        with pytest.raises(Mistake, match="umbel attendant set front desk --key KEY,LABEL"):
            refuse_removal_in_use(ANTONIO, organisation(replace(FRONT_DESK, keys=(key,))))

    def test_what_nobody_names_is_not(self) -> None:
        refuse_removal_in_use(ANTONIO, organisation())


class TestALanguage:
    @pytest.mark.parametrize(
        "thing", [replace(PLAN, language="xx-XX"), replace(ANTONIO, language="xx-XX")]
    )
    def test_that_nobody_speaks_is_refused(self, thing: Configured) -> None:
        with pytest.raises(Mistake, match=r'found "xx-XX", expected .* \(de-AT, en-US\)'):
            refuse_unknown_languages([thing], ["en-US", "de-AT"])

    @pytest.mark.parametrize("thing", [PLAN, ANTONIO, PBX])
    def test_that_is_known_or_left_open_is_not(self, thing: Configured) -> None:
        refuse_unknown_languages([thing], ["en-US"])
