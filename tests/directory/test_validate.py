"""What is wrong with a configuration: every rule broken once, and nothing else found."""

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

from umbel.core.errors import Mistake
from umbel.core.findings import Severity
from umbel.directory.objects import (
    Configured,
    DialPlan,
    Gateway,
    HuntGroup,
    KeyAction,
    KeyMapping,
    Mailbox,
    NameOrder,
    Node,
    UriType,
)
from umbel.directory.ports import Configuration
from umbel.directory.problems import is_dialable, is_host_name
from umbel.directory.validate import check, validate

E164 = DialPlan(name="world", uri_type=UriType.E164)
SIP = DialPlan(name="sip", uri_type=UriType.SIP_URI)


def key(
    action: KeyAction,
    target: str = "",
    number: str = "1",
    label: str = "sales",
    operator: str = "",
) -> Configured:
    mapping = KeyMapping(key=number, label=label, action=action, target=target)
    return replace(FRONT_DESK, keys=(mapping,), operator=operator)


PIN = "2c" * 32
PIN_64 = f"pin-sha256:{'A' * 43}="


def found(*different: Configured) -> list[tuple[str, str]]:
    return [(finding.code, finding.seen) for finding in check(organisation(*different))]


class TestAConfiguration:
    def test_that_can_work_has_no_findings(self) -> None:
        assert found() == []
        assert validate(organisation()) == []

    def test_may_be_empty(self) -> None:
        assert check(Configuration()) == []

    @pytest.mark.parametrize(
        "thing",
        [
            *(E164, SIP),
            replace(PLAN, digits=4, operator="", attendant="front desk", language="gsw"),
            replace(PLAN, max_call=600, max_recording=60, name_order=NameOrder.FIRST_LAST),
            replace(PBX, address="2001:db8::1", port=1, from_addresses=("10.0.0.0/8", "::1")),
            replace(PBX, username="umbel", password="secret"),
            replace(LYNC, address="10.0.0.5", certificate_names=("pool.example.org",)),
            replace(LYNC, our_rule="pinned", certificate_names=(PIN, "sha256:" + PIN, PIN_64)),
            replace(LYNC, rule="pinned", knows=(PIN,), dials=(PIN.upper(),)),
            replace(LYNC, rule="lync", dials=("um.example.org",), knows=("10.0.0.9",)),
            replace(LYNC, srtp=True),
            HuntGroup(name="one", gateway="pbx", dial_plan="HQ", pilot="sip:um@example.org"),
            replace(STAFF, pin_lifetime_days=None, failures_before_reset=None),
            replace(ANTONIO, operator="1002"),
            Mailbox(extension="+43155", dial_plan="world", policy="staff", name="Innocenzo"),
            key(KeyAction.EXTENSION, "1002"),
            key(KeyAction.EXTENSION, "sip:sales@example.org", "9"),
            key(KeyAction.ATTENDANT, "front desk"),
            key(KeyAction.MAILBOX, "1011"),
            key(KeyAction.ANNOUNCEMENT, "We are open from nine to five."),
            *(key(KeyAction.OPERATOR), key(KeyAction.DIRECTORY)),
            key(KeyAction.SUBSCRIBER_ACCESS),
        ],
    )
    def test_may_use_everything_that_there_is(self, thing: Configured) -> None:
        worlds = (E164, SIP) if isinstance(thing, Mailbox) else ()

        assert found(*worlds, thing) == []


class TestARule:
    """Each row breaks one rule: the object, the finding's code, the evidence in it."""

    @pytest.mark.parametrize(
        ("thing", "code", "seen"),
        [
            (Node(name="node 1"), "node.name", '"node 1"'),
            (Node(name="node1", event_level=("tls",)), "node.event_level", '"tls"'),
            (Node(name="node1", event_filter=("lync",)), "node.event_filter", '"lync"'),
            (DialPlan(name="new", digits=0), "dialplan.digits", "digits: 0 instead of 1 to 20"),
            (replace(PLAN, max_call=599), "dialplan.max_call", "599 instead of 600 to 7200 s"),
            (replace(PLAN, max_recording=59), "dialplan.max_recording", "59 instead of 60 to 6000"),
            (replace(PLAN, recording_silence=11), "dialplan.recording_silence", "11 instead of 2"),
            (replace(PLAN, input_failures=21), "dialplan.input_failures", "21 instead of 1 to 20"),
            (replace(PLAN, logon_failures=0), "dialplan.logon_failures", "0 instead of 1 to 20"),
            (replace(PLAN, language="English"), "dialplan.language", '"English"'),
            (replace(PLAN, access_numbers=("10 00",)), "dialplan.access_numbers", '"10 00"'),
            (replace(PLAN, operator="the boss"), "dialplan.operator", '"the boss"'),
            (replace(PLAN, attendant="gone"), "dialplan.attendant", '"gone" instead of'),
            (DialPlan(name="a/b"), "dialplan.name", '"a/b"'),
            (DialPlan(name=" "), "dialplan.name", '" "'),
            (DialPlan(name="x" * 65), "dialplan.name", "1 to 64 characters"),
            (replace(PBX, address="pbx:5060"), "gateway.address", '"pbx:5060"'),
            (replace(PBX, address="10.0.0.256"), "gateway.address", '"10.0.0.256"'),
            (replace(PBX, address=""), "gateway.address", '""'),
            (replace(PBX, port=0), "gateway.port", "0 instead of 1 to 65535"),
            (replace(PBX, port=65536), "gateway.port", "65536"),
            (
                replace(PBX, probe_every=0.5),
                "gateway.probe_every",
                "0.5 instead of 1 to 3600 seconds",
            ),
            (replace(PBX, from_addresses=("sbc.org",)), "gateway.from_addresses", '"sbc.org"'),
            (replace(PBX, password="secret"), "gateway.password-alone", "no user name"),
            (replace(LYNC, address="10.0.0.5"), "gateway.tls-by-address", "10.0.0.5 with TLS"),
            (
                replace(LYNC, certificate_names=("*.example.org",)),
                "gateway.certificate_names",
                '"*.example.org"',
            ),
            (
                replace(PBX, our_rule="cn"),
                "gateway.our_rule",
                '"cn" instead of one of any-name, lync',
            ),
            (replace(LYNC, rule="ocs"), "gateway.rule", '"ocs" instead of one of any-name, lync'),
            (replace(LYNC, dials=("u m",)), "gateway.dials", '"u m" instead of a host name'),
            (replace(LYNC, knows=(PIN,)), "gateway.knows", "instead of a host name"),
            (
                replace(LYNC, our_rule="pinned"),
                "gateway.no-key-pinned",
                "the SHA-256 of its public",
            ),
            (
                replace(LYNC, our_rule="pinned", certificate_names=("pool.example.org",)),
                "gateway.certificate_names",
                '"pool.example.org" instead of the SHA-256 of a public key',
            ),
            (
                replace(LYNC, our_rule="chain-only"),
                "gateway.believes-everybody",
                "chain-only instead of a rule that looks at names",
            ),
            (replace(EVERY_CALL_OF_PBX, dial_plan="gone"), "huntgroup.dial_plan", '"gone"'),
            (replace(EVERY_CALL_OF_PBX, pilot="a b"), "huntgroup.pilot", '"a b"'),
            (
                HuntGroup(name="z", gateway="pbx", dial_plan="HQ"),
                "huntgroup.pilot-taken-twice",
                '"*", which huntgroup pbx-HQ has at gateway pbx',
            ),
            (HuntGroup(name="z", gateway="gone", dial_plan="HQ"), "huntgroup.gateway", '"gone"'),
            (replace(STAFF, min_pin_length=3), "policy.min_pin_length", "3 instead of 4 to 24"),
            (replace(STAFF, pin_lifetime_days=0), "policy.pin_lifetime_days", "0 instead"),
            (replace(STAFF, pin_history=0), "policy.pin_history", "0 instead of 1 to 20"),
            (
                replace(STAFF, failures_before_lockout=5),
                "policy.reset-after-lockout",
                "5 instead of fewer than failures_before_lockout (5)",
            ),
            (replace(STAFF, max_greeting=30), "policy.max_greeting", "30 instead of 60 to 600"),
            (replace(STAFF, shortest_message=99), "policy.shortest_message", "99 instead"),
            (replace(FRONT_DESK, dial_plan="gone"), "attendant.dial_plan", '"gone"'),
            (replace(FRONT_DESK, pilots=("2 0",)), "attendant.pilots", '"2 0"'),
            (replace(FRONT_DESK, operator="?@?"), "attendant.operator", '"?@?"'),
            (replace(FRONT_DESK, input_timeout=0), "attendant.input_timeout", "0 instead of 1"),
            (key(KeyAction.OPERATOR, number="0"), "attendant.key", '"0" instead of a key from 1'),
            (key(KeyAction.OPERATOR, label=" "), "attendant.label", "no label"),
            (key(KeyAction.EXTENSION, "sales desk"), "attendant.target", '"sales desk"'),
            (key(KeyAction.ATTENDANT, "gone"), "attendant.target", '"gone"'),
            (key(KeyAction.MAILBOX, "1777"), "attendant.target", '"1777"'),
            (key(KeyAction.ANNOUNCEMENT), "attendant.target", "a text to say"),
            (key(KeyAction.DIRECTORY, "1001"), "attendant.target", "no target"),
            (replace(ANTONIO, dial_plan="gone"), "mailbox.dial_plan", '"gone"'),
            (replace(ANTONIO, policy="gone"), "mailbox.policy", '"gone"'),
            (replace(ELISHA, extension="01002"), "mailbox.extension", '"01002"'),
            (replace(ANTONIO, other_extensions=("x001",)), "mailbox.extension", '"x001"'),
            (replace(ANTONIO, other_extensions=("+4315",)), "mailbox.extension", "4 digits"),
            (replace(ANTONIO, sip_uri="sip: antonio"), "mailbox.sip_uri", '"sip: antonio"'),
            (replace(ANTONIO, name=" "), "mailbox.name", "none"),
            (replace(ANTONIO, operator="a b"), "mailbox.operator", '"a b"'),
        ],
    )
    def test_that_is_broken_is_the_only_finding(
        self, thing: Configured, code: str, seen: str
    ) -> None:
        ((found_code, found_seen),) = found(thing)

        assert found_code == code
        assert seen in found_seen

    def test_about_an_operator_key_needs_an_operator_somewhere(self) -> None:
        nobody = replace(PLAN, operator="")

        assert [code for code, _ in found(nobody, key(KeyAction.OPERATOR))] == ["attendant.target"]
        assert found(nobody, key(KeyAction.OPERATOR, operator="1001")) == []

    def test_about_keys_counts_each_key_once(self) -> None:
        mapping = KeyMapping(key="1", label="sales", action=KeyAction.DIRECTORY)

        ((code, seen),) = found(replace(FRONT_DESK, keys=(mapping, mapping)))

        assert code == "attendant.key-twice"
        assert seen.startswith("attendant front desk, key 1: it twice")

    def test_about_sip_dial_plans_wants_a_sip_uri(self) -> None:
        nobody = replace(ELISHA, extension="1009", dial_plan="sip")

        assert [code for code, _ in found(SIP, nobody)] == ["mailbox.sip_uri"]


class TestANumberOfTwoOwners:
    @pytest.mark.parametrize(
        ("thing", "seen"),
        [
            (
                replace(ELISHA, other_extensions=("1001",)),
                "1001 as mailbox 1001 and as mailbox 1002",
            ),
            (
                replace(FRONT_DESK, pilots=("1001",)),
                "1001 as attendant front desk and as mailbox 1001",
            ),
            (
                replace(FRONT_DESK, pilots=("1000",)),
                "1000 as subscriber access and as attendant front desk",
            ),
            (
                replace(ELISHA, sip_uri="sip:Antonio@example.org"),
                "antonio@example.org as mailbox 1001 and as mailbox 1002",
            ),
        ],
    )
    def test_is_found(self, thing: Configured, seen: str) -> None:
        ((code, found_seen),) = found(thing)

        assert code == "dialplan.number-taken-twice"
        assert seen in found_seen

    def test_may_be_in_two_dial_plans(self) -> None:
        branch = DialPlan(name="branch", access_numbers=("1001",))

        assert found(branch) == []


class TestADoubt:
    """Warnings: calls may work, but hardly as the administrator thinks."""

    @pytest.mark.parametrize(
        ("thing", "code"),
        [
            (replace(PBX, srtp=True), "gateway.keys-in-the-clear"),
            (Gateway(name="lonely", address="10.0.0.9"), "gateway.no-hunt-group"),
        ],
    )
    def test_is_told_and_not_refused(self, thing: Configured, code: str) -> None:
        (finding,) = validate(organisation(thing))

        assert (finding.code, finding.severity) == (code, Severity.WARNING)

    def test_is_two_gateways_of_one_peer(self) -> None:
        """Exchange UM's event 1175."""
        twin = replace(PBX, name="twin")
        group = replace(EVERY_CALL_OF_PBX, name="twin-HQ", gateway="twin")

        (finding,) = validate(organisation(twin, group))

        assert finding.code == "gateway.twins"
        assert finding.means == "every call from there is taken for one of gateway pbx"


class TestAMistake:
    def test_names_the_first_error_and_the_others(self) -> None:
        broken = replace(PLAN, digits=0), replace(PBX, port=0), replace(PBX, name="x", port=0)

        with pytest.raises(Mistake) as mistake:
            validate(organisation(*broken))

        assert mistake.value.where == "dialplan HQ, digits"
        assert mistake.value.found == "0"
        assert mistake.value.expected == "1 to 20"
        assert "also wrong: gateway pbx, port (0), gateway x, port (0)" in mistake.value.do

    def test_stays_short_where_there_are_many(self) -> None:
        many = (Gateway(name=f"g{number}", address="10.0.0.300") for number in range(20))

        with pytest.raises(Mistake, match="and 14 more"):
            validate(organisation(*many))

    def test_alone_says_what_to_do(self) -> None:
        with pytest.raises(Mistake) as mistake:
            validate(organisation(replace(PBX, address="10.0.0.300")))

        assert mistake.value.do == "umbel gateway set pbx --address HOST"


class TestSyntax:
    @pytest.mark.parametrize("text", ["a.example.org", "pbx", "x-1.example.org.", "1.example"])
    def test_of_a_host_name_is_known(self, text: str) -> None:
        assert is_host_name(text)

    @pytest.mark.parametrize(
        "text", ["", "-a.org", "a-.org", "a..org", "a_b.org", "a b", "x" * 64, "a." * 127 + "a"]
    )
    def test_of_what_is_none_as_well(self, text: str) -> None:
        assert not is_host_name(text)

    @pytest.mark.parametrize(
        "text",
        [
            "1001",
            "+431555",
            "*98",
            "ada",
            "sip:ada@example.org",
            "sip:ada@example.org:5061;transport=tls;lr",
            "sips:ada@[2001:db8::1]:5061",
            "ada@192.0.2.1:5060",
        ],
    )
    def test_of_what_can_be_dialled_is_known(self, text: str) -> None:
        assert is_dialable(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "a b",
            "sip:@example.org",
            "ada@",
            "ada@a b",
            "äda",
            "ada@example.org:65536",
            "ada@example.org:",
            "ada@example.org;",
            "ada@example.org?Replaces=1",
            "ada@[2001:db8::1",
            "ada@[2001:db8::g]",
            "ada@[fe80::1%eth0]",
        ],
    )
    def test_of_what_cannot_as_well(self, text: str) -> None:
        assert not is_dialable(text)
