"""SIPp calls us: over UDP, TCP and TLS, with early and late offers, and in bad manners."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.node import SITE, NodeUnderTest, media_engine_asleep, node_under_test
from tests.support.pki import Authority
from tests.support.sipp import (
    Target,
    calls,
    expect,
    expect_request,
    keys,
    pause,
    provisional,
    scenario,
    send,
)
from tests.support.sipp_dialog import (
    ACK,
    ANSWERED,
    BYE,
    SDP,
    ack_refused,
    cancel,
    in_dialog,
    invite,
)

pytestmark = pytest.mark.peer


@pytest.fixture(params=["u1", "t1", "l1"], ids=["udp", "tcp", "tls"])
def transport(request: pytest.FixtureRequest) -> str:
    """Give SIPp's word for each transport."""
    return str(request.param)


class Setting:
    """A node and a way for SIPp to call it."""

    def __init__(self, node: NodeUnderTest, folder: Path, authority: Authority) -> None:
        self.node = node
        self.folder = folder
        self._client = authority.issue("127.0.0.1", common_name="sipp.test")
        self._trust = authority.trust

    def target(self, user: str, transport: str = "u1") -> Target:
        """Give *user* on the node, by a transport."""
        options: tuple[str, ...] = ()
        if transport.startswith("l"):
            options = (
                "-tls_cert", str(self._client.certificate),
                "-tls_key", str(self._client.key),
                "-tls_ca", str(self._trust),
            )  # fmt: skip
        name = {"u": "udp", "t": "tcp", "l": "tls"}[transport[0]]
        return Target(port=self.node.ports[name], user=user, transport=transport, options=options)

    async def calls(self, *steps: str, user: str = "9000", transport: str = "u1") -> str:
        """Make one call and give the messages."""
        return await calls(scenario(*steps), self.target(user, transport), self.folder / "sipp")


@pytest.fixture
async def setting(tmp_path: Path):  # type: ignore[no-untyped-def]  # an async generator of Setting
    """Run a node with TLS."""
    authority = Authority(tmp_path / "pki")
    async with node_under_test(
        tmp_path / "node", credentials=authority.issue("127.0.0.1"), trust=authority.trust
    ) as node:
        yield Setting(node, tmp_path, authority)


class TestACallToTheAttendant:
    async def test_is_answered_hears_the_menu_and_ends(
        self, setting: Setting, transport: str
    ) -> None:
        await setting.calls(*ANSWERED, ACK, pause(800), *BYE, transport=transport)

        assert any("Welcome" in caption for caption in setting.node.captions)
        await setting.node.until_calls_are_over()

    async def test_with_a_late_offer_gets_ours_in_the_answer(
        self, setting: Setting, transport: str
    ) -> None:
        log = await setting.calls(
            send(invite(""), 'retrans="500"'),
            provisional(),
            expect(200, 'rrs="true"'),
            send(in_dialog("ACK", 1, SDP)),
            pause(800),
            *BYE,
            transport=transport,
        )

        assert "m=audio" in log
        assert setting.node.captions

    @pytest.mark.parametrize("over", ["u1", "t1"], ids=["udp", "tcp"])
    async def test_may_come_by_ipv6(self, setting: Setting, over: str) -> None:
        target = replace(setting.target("9000", over), address="::1")
        log = await calls(
            scenario(
                send(invite(SDP.replace("IP4", "IP6")), 'retrans="500"'), provisional(),
                expect(200, 'rrs="true"'), ACK, pause(800), *BYE,
            ),
            target,
            setting.folder / "sipp",
        )  # fmt: skip

        assert "c=IN IP6 ::1" in log
        assert any("Welcome" in caption for caption in setting.node.captions)

    async def test_takes_keys_and_refers_the_caller(self, setting: Setting, transport: str) -> None:
        refused = send(
            """
            SIP/2.0 603 Decline
            [last_Via:]
            [last_From:]
            [last_To:]
            [last_Call-ID:]
            [last_CSeq:]
            Content-Length: 0

            """
        )
        log = await setting.calls(
            *ANSWERED, ACK, pause(1000), keys("1"), expect_request("REFER"), refused,
            pause(1000), *BYE, transport=transport,
        )  # fmt: skip

        assert "Refer-To: <sip:2001@127.0.0.1>" in log
        await setting.node.until_heard("Antonio Meucci")

    async def test_held_is_answered_in_kind_and_resumed(self, setting: Setting) -> None:
        held = SDP + "    a=sendonly\n"
        log = await setting.calls(
            *ANSWERED, ACK, pause(500),
            send(in_dialog("INVITE", 2, held), 'retrans="500"'),
            expect(100, 'optional="true"'), expect(200),
            send(in_dialog("ACK", 2)),
            pause(300),
            send(in_dialog("INVITE", 3, SDP), 'retrans="500"'),
            expect(100, 'optional="true"'), expect(200),
            send(in_dialog("ACK", 3)),
            pause(300), *BYE,
        )  # fmt: skip

        assert "a=recvonly" in log


class TestBadManners:
    async def test_a_caller_who_gives_up_is_told_487(self, setting: Setting) -> None:
        """CANCEL is a transaction of its own; the INVITE that it names ends with 487."""
        with media_engine_asleep():  # So that nobody answers before the caller has given up.
            await setting.calls(
                send(invite(), 'start_txn="invite"'),
                expect(100, 'response_txn="invite"'),
                send(cancel(2), 'start_txn="cancel"'),
                expect(200, 'response_txn="cancel"'),
                expect(487, 'response_txn="invite"'),
                send(ack_refused(5), 'ack_txn="invite"'),
                pause(300),
                transport="t1",
            )
        assert [call.status for call in await setting.node.ended_calls()] == [487]

    async def test_an_answer_that_is_not_acknowledged_is_repeated(self, setting: Setting) -> None:
        """A lost ACK is not the caller's fault (RFC 3261 section 13.3.1.4)."""
        log = await setting.calls(
            send(invite(), 'retrans="500"'), provisional(), expect(200, 'rrs="true"'),
            pause(2500), ACK, pause(300), *BYE,
        )  # fmt: skip

        assert log.count("SIP/2.0 200 OK") >= 3

    async def test_an_unknown_gateway_is_refused_with_the_reason(self, tmp_path: Path) -> None:
        site = SITE.replace('address = "127.0.0.1"', 'address = "192.0.2.7"')
        async with node_under_test(tmp_path / "node", site=site) as node:
            log = await calls(
                scenario(
                    send(invite()),
                    expect(100, 'optional="true"'),
                    expect(403),
                    send(ack_refused(3)),
                ),
                Target(port=node.ports["udp"]),
                tmp_path / "sipp",
            )
            told = await node.told(1021)

        assert "no gateway is 127.0.0.1" in log
        assert "loopback at 192.0.2.7 or ::1 over UDP" in told.sentence
