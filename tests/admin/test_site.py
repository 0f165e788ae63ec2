"""``site.toml`` is read, written and compared without surprises."""

import pytest

from umbel.admin.kinds import kind_named, kind_of, name_of
from umbel.admin.plan import make_plan
from umbel.admin.site import read_site, write_site
from umbel.core.errors import Mistake
from umbel.directory.objects import (
    AutoAttendant,
    DialPlan,
    Gateway,
    KeyAction,
    KeyMapping,
    Mailbox,
    MailboxPolicy,
    Transport,
)
from umbel.directory.ports import Configuration

PLAN = DialPlan(name="office", operator="2000", access_numbers=("3000",))
GATEWAY = Gateway(name="pbx", address="pbx.example.org", transport=Transport.TLS, port=5061)
ATTENDANT = AutoAttendant(
    name="front",
    dial_plan="office",
    pilots=("9000",),
    keys=(KeyMapping(key="1", label="sales", action=KeyAction.EXTENSION, target="2001"),),
)
BELL = Mailbox(
    extension="2001", dial_plan="office", policy="standard", name="Alexander Graham Bell"
)
CONFIGURATION = Configuration(
    dial_plans={"office": PLAN},
    gateways={"pbx": GATEWAY},
    attendants={"front": ATTENDANT},
    policies={"standard": MailboxPolicy(name="standard")},
    mailboxes={"2001": BELL},
)


class TestASiteFile:
    def test_holds_everything_and_gives_it_back(self) -> None:
        objects = read_site(write_site(CONFIGURATION), "site.toml")

        assert set(objects) == {PLAN, GATEWAY, ATTENDANT, MailboxPolicy(name="standard"), BELL}

    def test_gives_what_is_referred_to_before_what_refers(self) -> None:
        objects = read_site(write_site(CONFIGURATION), "site.toml")

        assert [kind_of(thing).noun for thing in objects] == [
            "dialplan",
            "gateway",
            "policy",
            "attendant",
            "mailbox",
        ]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "[[dial-plan]]",
                "found the unknown table [[dial-plan]], expected one of node, dialplan,",
            ),
            ('[gateway]\nname = "x"', "found [gateway], expected [[gateway]], once for each"),
            ('[[gateway]]\nname = "x"', "gateway x: found no address, expected text"),
            ("[[gateway]]\nport = 1", "gateway number 1: found no name, expected text"),
            ("[[gateway", "site.toml: found "),
            ("gateway = [5]", "found 5 in gateway, expected [[gateway]]"),
            (
                '[[policy]]\nname = "a"\n[[policy]]\nname = "a"',
                "found policy a twice, expected each policy once",
            ),
        ],
    )
    def test_that_is_wrong_is_refused_with_the_place(self, text: str, message: str) -> None:
        with pytest.raises(Mistake) as caught:
            read_site(text, "site.toml")

        assert message in str(caught.value)


class TestAPlan:
    def test_of_an_export_changes_nothing(self) -> None:
        plan = make_plan(CONFIGURATION, read_site(write_site(CONFIGURATION), "x"), prune=True)

        assert plan.changes == ()

    def test_says_what_is_added_and_set(self) -> None:
        wanted = (
            DialPlan(name="office", operator="2009", digits=5),
            DialPlan(name="factory"),
        )

        plan = make_plan(CONFIGURATION, wanted, prune=False)

        assert [change.sentence for change in plan.changes] == [
            "set dialplan office: digits 4 → 5, access_numbers 3000 → (none), operator 2000 → 2009",
            "add dialplan factory",
        ]
        assert {name_of(thing) for thing in plan.unmentioned} == {
            "pbx",
            "front",
            "standard",
            "2001",
        }

    def test_removes_what_is_not_mentioned_only_when_asked_and_last_created_first(self) -> None:
        plan = make_plan(CONFIGURATION, (PLAN, GATEWAY), prune=True)

        assert [change.sentence for change in plan.changes] == [
            "remove mailbox 2001",
            "remove attendant front",
            "remove policy standard",
        ]
        assert plan.unmentioned == ()


class TestKinds:
    def test_an_unknown_noun_is_told_with_the_known_ones(self) -> None:
        with pytest.raises(Mistake, match="expected one of node, dialplan, gateway"):
            kind_named("phone")
