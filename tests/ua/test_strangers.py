"""Requests of those whom the application does not know: answered, and forgotten at once."""

from dataclasses import replace

import pytest
from tests.support.calls import answering
from tests.support.scripted_peers import Caller, sdp
from tests.support.sip_messages import a_request, an_answer, source
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request
from umbel.ua.events import CallOffered, LegEnded, StrangerRefused


def knows_gray(source: Source) -> str:
    return "" if source.address == "192.0.2.3" else f"no gateway is {source.address}"


@pytest.fixture
def bell(network: VirtualNetwork) -> Agent:
    """A user agent that knows Gray only."""
    return Agent(network, "bell", "192.0.2.1", knows=knows_gray)


@pytest.fixture
def mallory(network: VirtualNetwork, bell: Agent) -> Caller:
    """Somebody whom Bell does not know."""
    return Caller(network, "mallory", "198.51.100.6", bell)


class TestAStranger:
    def test_is_refused_once_and_leaves_nothing_behind(
        self, network: VirtualNetwork, bell: Agent, mallory: Caller
    ) -> None:
        """The sender may be forged: an answer that is repeated would fall upon somebody else."""
        invite = mallory.request("INVITE", body=sdp())
        network.run(40)

        assert network.log("bell") == ["403 INVITE"]
        assert bell.gauges == EMPTY
        assert [type(event) for event in bell.events] == [StrangerRefused]
        assert bell.told(StrangerRefused)[0].request.call_id == invite.call_id

    def test_is_told_why(self, mallory: Caller) -> None:
        answer = mallory.ask("INVITE", body=sdp())

        assert answer.headers.get("Warning") == '399 192.0.2.1 "no gateway is 198.51.100.6"'
        assert answer.to.tag == "refused"

    @pytest.mark.parametrize("method", ["OPTIONS", "REGISTER", "SUBSCRIBE", "MESSAGE", "BYE"])
    def test_may_begin_nothing_else(self, bell: Agent, mallory: Caller, method: str) -> None:
        assert mallory.ask(method).status == 403
        assert bell.gauges == EMPTY

    def test_gets_no_answer_to_an_ack(self, network: VirtualNetwork, mallory: Caller) -> None:
        mallory.request("ACK", number=1)
        network.run(0.1)

        assert network.log("bell") == []

    def test_cannot_cancel_what_is_not_there(self, bell: Agent, mallory: Caller) -> None:
        assert mallory.ask("CANCEL", number=1).status == 481
        assert bell.gauges == EMPTY

    def test_cannot_guess_a_dialog(self, bell: Agent, mallory: Caller) -> None:
        mallory.remote_tag = "guessed"

        assert mallory.ask("BYE").status == 481
        assert bell.told(StrangerRefused) == []

    def test_is_answered_where_the_request_came_from(
        self, network: VirtualNetwork, mallory: Caller, gray: Caller
    ) -> None:
        """Via says who wants the answer, but anybody can write a Via."""
        request = mallory.build("OPTIONS")
        request.headers.set("Via", "SIP/2.0/UDP 192.0.2.3:5060;branch=z9hG4bKx;maddr=192.0.2.3")
        mallory.send_octets(bytes(request), mallory.callee)
        network.run(0.1)

        assert gray.received == []
        assert mallory.last_answer("OPTIONS").via.parameters["received"] == "198.51.100.6"


class TestAMessage:
    """Says what whoever brought it may use of the node from now on."""

    @pytest.mark.parametrize(
        "octets",
        [
            b"x\r\nl:0\r\n\r\n",
            b"\r\n\r\n",
            bytes(a_request("OPTIONS")),
            bytes(a_request("ACK")),
            bytes(a_request("OPTIONS", to="<sip:")),
            bytes(an_answer(a_request("OPTIONS"), 200)),
        ],
        ids=["nonsense", "a keep-alive", "OPTIONS", "ACK", "a bad To", "a stray answer"],
    )
    def test_of_a_stranger_is_not_let_in(
        self, network: VirtualNetwork, bell: Agent, octets: bytes
    ) -> None:
        stranger = replace(source(), address="198.51.100.6")

        assert bell.agent.receive(octets, stranger, network.now) is False

    @pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER"])
    def test_of_whom_we_know_is_let_in_whatever_becomes_of_it(
        self, network: VirtualNetwork, bell: Agent, method: str
    ) -> None:
        known = replace(source(), address="192.0.2.3")

        assert bell.agent.receive(bytes(a_request(method)), known, network.now) is True

    def test_that_answers_us_is_let_in_from_anywhere(
        self, network: VirtualNetwork, bell: Agent, mallory: Caller
    ) -> None:
        """Nobody else has seen the branch of our request."""
        bell.agent.options(mallory.uri, network.now)
        bell.settle()
        network.run(0.1)
        asked, _ = mallory.received[0]
        assert isinstance(asked, Request)
        answer, stranger = bytes(an_answer(asked, 200)), replace(source(), address="198.51.100.6")

        assert bell.agent.receive(answer, stranger, network.now) is True


class TestWhoTakesPart:
    def test_may_speak_from_any_address(
        self, network: VirtualNetwork, bell: Agent, gray: Caller, mallory: Caller
    ) -> None:
        """A proxy that stays out of the dialog lets its phones speak to us directly."""
        answering(network, bell)
        gray.call(sdp())
        bye = gray.build("BYE")
        mallory.send_octets(bytes(bye), bell)
        mallory.send_octets(bytes(bye), bell)
        network.run(0.1)

        assert network.log("bell")[-2:] == ["200 BYE", "200 BYE"]
        assert len(bell.told(LegEnded)) == 1

    def test_may_cancel_from_any_address(
        self, network: VirtualNetwork, bell: Agent, gray: Caller, mallory: Caller
    ) -> None:
        invite = gray.request("INVITE", body=sdp())
        network.run(0.1)
        cancel = gray.build("CANCEL", number=1, branch=invite.via.branch)
        mallory.send_octets(bytes(cancel), bell)
        network.run(0.1)

        assert len(bell.told(CallOffered)) == 1
        assert gray.last_answer("INVITE").status == 487


def test_answers_over_a_connection_take_that_connection(
    network: VirtualNetwork, bell: Agent, mallory: Caller
) -> None:
    mallory.request("OPTIONS", transport=Transport.TCP)
    network.run(0.1)

    assert mallory.last_answer("OPTIONS").status == 403
    assert isinstance(mallory.received[0][1].hop_back(), Hop)
