"""Calls of ours whose first way is barred (RFC 3263 section 4.3, RFC 5923)."""

import pytest
from tests.support.calls import answering, call
from tests.support.scripted_peers import Caller, Peer, sdp
from tests.support.virtual_network import EMPTY, Agent, Message, VirtualNetwork, local_media

from umbel.sip.address import Address
from umbel.sip.hop import Hop, Transport
from umbel.sip.message import Request
from umbel.sip.transaction.matching import client_key
from umbel.ua import Leg, LegState
from umbel.ua.events import Established, LegEnded


@pytest.fixture
def peer(network: VirtualNetwork) -> Peer:
    """A scripted callee that takes BYE."""
    found = Peer(network, "peer", "192.0.2.9")
    found.on("BYE", lambda bye, source: found.respond(bye, source, 200))
    return found


def over(transport: Transport, *addresses: str) -> list[Hop]:
    return [Hop(transport=transport, address=address, port=5060) for address in addresses]


class TestFailover:
    def test_goes_to_the_next_hop_when_nobody_answers(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        network.names = {"pool.example": over(Transport.UDP, "192.0.2.200", watson.address)}
        answering(network, watson)
        leg = call(network, bell, "sip:watson@pool.example")
        network.run(31)
        assert bell.told(Established) == []
        network.run(2)

        assert leg.state is LegState.ESTABLISHED

    def test_goes_to_the_next_hop_at_once_when_a_connection_is_refused(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        network.names = {"pool.example": over(Transport.TCP, "192.0.2.200", watson.address)}
        answering(network, watson)
        leg = call(network, bell, "sip:watson@pool.example")
        network.run(0.2)

        assert leg.state is LegState.ESTABLISHED

    def test_goes_to_the_next_hop_at_once_when_the_connection_closes_without_a_word(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, peer: Peer
    ) -> None:
        """So a pool behaves that does not know the certificate: the caller is not to wait 32 s."""
        network.names = {"pool.example": over(Transport.TCP, peer.address, watson.address)}
        answering(network, watson)
        leg = call(network, bell, "sip:watson@pool.example")
        network.run(0.2)
        bell.agent.carried(client_key(network.requests("INVITE")[0]), "c1")
        bell.agent.connection_closed("c1", "the peer closed the connection", network.now)
        bell.settle()
        network.run(0.2)

        assert leg.state is LegState.ESTABLISHED

    def test_goes_to_the_next_hop_after_503(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, peer: Peer
    ) -> None:
        network.names = {"pool.example": over(Transport.UDP, peer.address, watson.address)}
        answering(network, watson)
        peer.on("INVITE", lambda invite, source: peer.respond(invite, source, 503))
        leg = call(network, bell, "sip:watson@pool.example")
        network.run(0.2)

        assert leg.state is LegState.ESTABLISHED
        first, second = network.requests("INVITE")
        assert first.via.branch != second.via.branch
        assert (first.call_id, first.cseq) == (second.call_id, second.cseq)

    def test_does_not_go_on_after_a_busy(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, peer: Peer
    ) -> None:
        network.names = {"pool.example": over(Transport.UDP, peer.address, watson.address)}
        peer.on("INVITE", lambda invite, source: peer.respond(invite, source, 486))
        call(network, bell, "sip:watson@pool.example")
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 486
        assert len(network.requests("INVITE")) == 1
        assert bell.gauges == EMPTY

    def test_ends_with_the_last_failure_where_all_fail(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        network.names = {"pool.example": over(Transport.TCP, "192.0.2.200", "192.0.2.201")}
        leg = call(network, bell, "sip:watson@pool.example")
        network.run_to_rest()

        assert bell.events == [
            LegEnded(
                leg=leg, status=503, reason="192.0.2.201 refused the connection", by_peer=False
            )
        ]
        assert bell.gauges == EMPTY

    def test_does_not_go_on_after_a_cancel(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        network.names = {"pool.example": over(Transport.UDP, "192.0.2.200", watson.address)}
        leg = call(network, bell, "sip:watson@pool.example")
        leg.cancel(network.now)
        bell.settle()
        network.run_to_rest()

        assert watson.events == []
        assert bell.gauges == EMPTY

    def test_of_an_ack_goes_to_the_next_hop(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        network.names = {"contact.example": over(Transport.TCP, "192.0.2.200", peer.address)}
        call(network, bell, peer)
        network.run(0.1)
        peer.answer(200, body=sdp(), fields=(("Contact", "<sip:contact.example>"),))
        network.run(0.1)

        assert len(peer.got("ACK")) == 1

    def test_of_an_ack_that_leads_nowhere_does_no_harm(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        network.names = {"contact.example": "no such name"}
        leg = call(network, bell, peer)
        network.run(0.1)
        peer.answer(200, body=sdp(), fields=(("Contact", "<sip:contact.example>"),))
        network.run(0.1)
        leg.hang_up(network.now)
        bell.settle()
        network.run_to_rest()

        assert peer.got("ACK") == []
        assert bell.gauges == EMPTY


class TestConnectionOfTheCaller:
    def test_reaches_a_caller_whose_contact_cannot_be_connected_to(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        """A softphone that only opened a connection to us is heard through it."""
        network.names = {bell.address: over(Transport.TCP, bell.address)}
        network.names[watson.address] = over(Transport.TCP, "192.0.2.200")
        answering(network, bell)
        leg = watson.agent.call(bell.uri, local_media(), Address(uri=watson.uri), network.now)
        watson.settle()
        network.run()
        offered = bell.told(Established)[0].leg
        offered.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run()
        offered.hang_up(network.now)
        bell.settle()
        network.run_to_rest()

        assert leg.state is LegState.ENDED
        assert watson.told(LegEnded)[0].by_peer
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    def test_is_preferred_where_the_caller_says_so(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        """RFC 5923: ``alias`` in the Via; nobody is asked where the Contact is."""
        gray.on("BYE", lambda bye, source: gray.respond(bye, source, 200))
        leg = self.aliased(network, bell, gray)
        network.names = {gray.address: "not to be asked"}
        leg.hang_up(network.now)
        bell.settle()
        network.run(0.1)

        assert len(gray.got("BYE")) == 1

    def test_that_is_gone_is_followed_by_the_contact(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        other = Peer(network, "other", "192.0.2.66")
        other.on("INVITE", lambda invite, source: other.respond(invite, source, 200, body=sdp()))
        network.names = {gray.address: over(Transport.UDP, other.address)}
        leg = self.aliased(network, bell, gray)
        network.refuses = {(gray.address, Transport.TCP)}
        leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run(0.2)

        assert len(other.got("INVITE")) == len(other.got("ACK")) == 1

    @staticmethod
    def aliased(network: VirtualNetwork, bell: Agent, gray: Caller) -> Leg:
        answering(network, bell)
        invite = gray.build("INVITE", body=sdp(), transport=Transport.TCP)
        invite.headers.set("Via", f"{invite.headers.get('Via')};alias")
        gray.send(invite, Hop(transport=Transport.TCP, address=bell.address, port=5060))
        network.run(0.1)
        gray.remote_tag = gray.last_answer("INVITE").to.tag
        gray.acknowledge()
        return bell.told(Established)[0].leg


class TestRepeatedFinalResponse:
    def test_of_a_refusal_is_acknowledged_again(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        def first_ack(_number: int, message: Message) -> bool:
            return (
                isinstance(message, Request)
                and message.method == "ACK"
                and network.log().count("ACK") == 1
            )

        network.loses = first_ack
        watson.agent.is_accepting = False
        call(network, bell, watson)
        network.run_to_rest()

        assert network.log("bell") == ["INVITE", "ACK", "ACK"]
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)
