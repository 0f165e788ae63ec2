"""REFER of ours and what the peer tells of it (RFC 3515)."""

import pytest
from tests.support.calls import answering
from tests.support.scripted_peers import Caller, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.core.errors import Misuse
from umbel.sip.address import Address
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.sip.uri import Uri
from umbel.ua import Leg
from umbel.ua.events import CallOffered, LegEnded, TransferProgress

TARGET = Uri.parse("sip:strowger@192.0.2.77")
Told = tuple[int, str, bool]


@pytest.fixture
def connected(network: VirtualNetwork, bell: Agent, gray: Caller) -> Caller:
    """Gray, in a call that Bell answered; takes REFER and BYE."""
    answering(network, bell)
    gray.on("REFER", lambda refer, source: gray.respond(refer, source, 202))
    gray.on("BYE", lambda bye, source: gray.respond(bye, source, 200))
    gray.call(sdp())
    return gray


def refer(network: VirtualNetwork, bell: Agent, referred_by: Address | None = None) -> Leg:
    leg = bell.told(CallOffered)[0].leg
    leg.refer(TARGET, referred_by, network.now)
    bell.settle()
    network.run(0.1)
    return leg


def notify(
    caller: Caller,
    status: str = "",
    state: str = "active;expires=60",
    event: str = "refer",
) -> int:
    """Send a NOTIFY and give the status that it is answered with."""
    answer = caller.ask(
        "NOTIFY",
        fields=(("Event", event), *((("Subscription-State", state),) if state else ())),
        body=f"SIP/2.0 {status}\r\n".encode() if status else b"",
        content_type="message/sipfrag;version=2.0",
    )
    return answer.status


def told(bell: Agent) -> list[Told]:
    return [(one.status, one.reason, one.is_final) for one in bell.told(TransferProgress)]


class TestRefer:
    def test_names_the_target_and_who_asks(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell, Address(uri=bell.uri))
        sent = connected.got("REFER")[0]

        assert sent.refer_to is not None
        assert sent.refer_to.uri == TARGET
        assert sent.referred_by is not None
        assert sent.referred_by.uri == bell.uri
        assert sent.contacts[0].uri.host == bell.address

    def test_may_be_sent_once_at_a_time(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        leg = refer(network, bell)

        with pytest.raises(Misuse, match="a REFER is under way"):
            leg.refer(TARGET, None, network.now)


class TestSuccess:
    def test_is_told_step_by_step_and_ends_our_call(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)

        assert notify(connected, "100 Trying") == 200
        assert notify(connected, "180 Ringing") == 200
        assert notify(connected, "200 OK", "terminated;reason=noresource") == 200
        network.run_to_rest()
        assert told(bell) == [
            (100, "Trying", False),
            (180, "Ringing", False),
            (200, "OK", True),
        ]
        assert len(connected.got("BYE")) == 1
        ended = bell.told(LegEnded)[0]
        assert (ended.reason, ended.by_peer) == ("transferred", False)
        assert bell.gauges == EMPTY

    def test_may_overtake_the_answer_to_the_refer(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        connected.reactions.pop("REFER")
        refer(network, bell)

        assert notify(connected, "200 OK", "terminated;reason=noresource") == 200
        connected.respond(connected.got("REFER")[0], connected.received[-1][1], 202)
        network.run(1)
        assert told(bell) == [(200, "OK", True)]

    def test_needs_no_subscription_state(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)
        notify(connected, "200 OK", state="")

        assert told(bell) == [(200, "OK", True)]

    def test_is_what_a_bye_means_after_the_peer_took_the_refer(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)
        connected.ask("BYE")
        network.run_to_rest()

        assert told(bell) == [
            (200, "the peer ended the call after it took the REFER", True),
        ]
        assert bell.told(LegEnded)[0].by_peer
        assert bell.gauges == EMPTY

    def test_is_not_what_a_bye_means_before_that(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        connected.reactions.pop("REFER")
        refer(network, bell)
        connected.ask("BYE")
        network.run_to_rest()

        assert told(bell) == []
        assert bell.gauges == EMPTY

    def test_may_be_preceded_by_a_hold(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        """As linphone does: 202, a re-INVITE on the old dialog, and only then NOTIFY."""
        refer(network, bell)
        connected.call(sdp(40000, "sendonly"))
        notify(connected, "200 OK", "terminated;reason=noresource")

        assert told(bell) == [(200, "OK", True)]


class TestFailure:
    @pytest.mark.parametrize("status", [403, 405, 486, 603])
    def test_of_the_refer_itself_keeps_the_call(
        self, network: VirtualNetwork, bell: Agent, connected: Caller, status: int
    ) -> None:
        connected.on("REFER", lambda refer, source: connected.respond(refer, source, status))
        refer(network, bell)

        assert [(one.status, one.is_final) for one in bell.told(TransferProgress)] == [
            (status, True)
        ]
        assert bell.told(LegEnded) == []

    def test_of_the_new_call_keeps_ours(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)
        notify(connected, "100 Trying")
        notify(connected, "486 Busy Here", "terminated;reason=noresource")

        assert told(bell)[-1] == (486, "Busy Here", True)
        assert bell.told(LegEnded) == []

    def test_can_be_followed_by_another_try(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)
        first = connected.got("REFER")[0].cseq.number
        notify(connected, "486 Busy Here", "terminated")
        refer(network, bell)

        assert notify(connected, "200 OK", "terminated", f"refer;id={first}") == 481
        assert notify(connected, "200 OK", "terminated") == 200
        assert told(bell)[-1] == (200, "OK", True)

    @pytest.mark.parametrize(
        ("state", "status"),
        [
            ("terminated;reason=timeout", 408),
            ("terminated;reason=rejected", 403),
            ("terminated;reason=noresource", 500),
            ("terminated", 500),
        ],
    )
    def test_is_what_an_end_without_an_outcome_means(
        self,
        network: VirtualNetwork,
        bell: Agent,
        connected: Caller,
        state: str,
        status: int,
    ) -> None:
        refer(network, bell)
        notify(connected, "", state)

        assert [(one.status, one.is_final) for one in bell.told(TransferProgress)] == [
            (status, True)
        ]

    def test_is_what_an_end_after_a_provisional_status_means(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)
        notify(connected, "180 Ringing", "terminated;reason=noresource")

        assert told(bell) == [(408, "the peer stopped telling after 180 Ringing", True)]

    def test_is_what_silence_means(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)
        notify(connected, "100 Trying")
        network.run(121)

        assert told(bell)[-1] == (408, "the peer tells nothing of the transfer", True)
        assert bell.told(LegEnded) == []

    def test_by_a_peer_without_the_dialog_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        connected.on("REFER", lambda refer, source: connected.respond(refer, source, 481))
        refer(network, bell)
        network.run_to_rest()

        assert bell.told(TransferProgress)[0].status == 481
        assert bell.told(LegEnded)[0].status == 481
        assert bell.gauges == EMPTY

    def test_to_send_keeps_the_call(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        network.names = {connected.address: "no such name"}
        refer(network, bell)

        assert told(bell) == [(503, "no such name", True)]
        assert bell.told(LegEnded) == []


class TestNotify:
    def test_without_a_body_says_that_the_peer_is_at_it(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)

        assert notify(connected, "") == 200
        assert told(bell) == [(100, "Trying", False)]

    def test_with_a_body_that_cannot_be_read_tells_nothing(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)

        assert notify(connected, "what a day") == 200
        assert told(bell) == [(100, "Trying", False)]

    def test_of_another_package_is_refused(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        answer = connected.ask("NOTIFY", fields=(("Event", "presence"),))

        assert (answer.status, answer.headers.get("Allow-Events")) == (489, "refer")

    def test_of_no_package_is_refused(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        assert connected.ask("NOTIFY").status == 489

    def test_for_no_refer_is_refused(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        assert notify(connected, "200 OK", "terminated") == 481

    def test_for_a_refer_with_a_monstrous_number_is_for_the_last_one(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        refer(network, bell)

        assert notify(connected, "200 OK", event="refer;id=" + "9" * 5000) == 200

    def test_after_the_call_is_refused(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        """A mediation server of 2010 sent NOTIFY into calls that had ended."""
        refer(network, bell)
        notify(connected, "200 OK", "terminated;reason=noresource")

        assert notify(connected, "200 OK", "terminated;reason=noresource") == 481
        assert len(told(bell)) == 1

    def test_outside_of_a_dialog_is_refused(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        assert notify(gray, "200 OK", "terminated") == 481


class TestCredentials:
    def test_are_not_offered_by_the_callee(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        def challenge(request: Request, source: Source) -> None:
            fields = (("WWW-Authenticate", 'Digest realm="example.org", nonce="1"'),)
            connected.respond(request, source, 401, fields=fields)

        connected.on("REFER", challenge)
        refer(network, bell)

        assert told(bell) == [(401, "Unauthorized", True)]
