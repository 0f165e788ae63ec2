"""Calls of ours: what is sent, what is answered, and forks (RFC 3261 section 13.2)."""

import pytest
from tests.support.calls import call
from tests.support.scripted_peers import Peer, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.sip.hop import Transport
from umbel.sip.uri import Uri
from umbel.ua import LegState
from umbel.ua.events import Established, LegEnded, MediaAgreed, Ringing


@pytest.fixture
def peer(network: VirtualNetwork) -> Peer:
    """A scripted callee that takes BYE."""
    found = Peer(network, "peer", "192.0.2.9")
    found.on("BYE", lambda bye, source: found.respond(bye, source, 200))
    return found


class TestInvite:
    def test_says_who_calls_whom_and_what_we_can(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, peer, headers=(("Diversion", "<sip:gray@example.org>"),))
        network.run(0.1)
        invite = peer.got("INVITE")[0]

        assert invite.uri == peer.uri
        assert (invite.from_.uri, invite.to.uri) == (bell.uri, peer.uri)
        assert invite.from_.tag is not None
        assert invite.to.tag is None
        assert invite.max_forwards == 70
        assert invite.contacts[0].uri.host == bell.address
        assert invite.diversions[0].uri.user == "gray"
        assert b"m=audio 10000" in invite.body
        assert invite.via.asks_for_rport

    def test_goes_by_the_route_that_is_given(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, "sip:strowger@example.org", route=(peer.uri,))
        network.run(0.1)
        invite = peer.got("INVITE")[0]

        assert str(invite.uri) == "sip:strowger@example.org"
        assert "lr" in invite.routes[0].uri.parameters

    def test_has_no_headers_or_method_in_its_uri(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, "sip:peer@192.0.2.9;method=BYE?Subject=hello")
        network.run(0.1)

        assert str(peer.got("INVITE")[0].uri) == "sip:peer@192.0.2.9"

    def test_that_is_too_long_for_udp_goes_by_tcp(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, peer, headers=(("Subject", "x" * 1200),))
        network.run(0.1)

        assert network.carried[0].transport is Transport.TCP
        assert peer.got("INVITE")[0].via.transport == "TCP"
        assert peer.got("INVITE")[0].contacts[0].uri.parameters["transport"] == "tcp"

    def test_that_is_too_long_goes_by_udp_after_all_where_tcp_is_refused(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        network.refuses = {(peer.address, Transport.TCP)}
        call(network, bell, peer, headers=(("Subject", "x" * 1200),))
        network.run(0.1)

        assert peer.got("INVITE")[0].via.transport == "UDP"

    def test_to_a_uri_that_asks_for_udp_goes_by_udp_however_long(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        long = (("Subject", "x" * 1200),)
        call(network, bell, "sip:peer@192.0.2.9;transport=udp", headers=long)
        network.run(0.1)

        assert peer.got("INVITE")[0].via.transport == "UDP"


class TestTarget:
    def test_may_be_a_tel_uri_by_way_of_a_gateway(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, "tel:+15551234", route=(Uri.parse("sip:192.0.2.9"),))
        network.run(0.1)

        assert str(peer.got("INVITE")[0].uri) == "tel:+15551234"


class TestAnswer:
    def test_200_without_sdp_means_the_sdp_of_183(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        leg = call(network, bell, peer)
        network.run(0.1)
        peer.answer(183, body=sdp(45000))
        network.run(0.1)
        peer.answer(200)
        network.run(0.1)

        assert leg.state is LegState.ESTABLISHED
        assert bell.told(Ringing)[0].status == 183
        assert bell.told(MediaAgreed)[0].media.remote_port == 45000

    def test_200_without_any_sdp_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, peer)
        network.run(0.1)
        peer.answer(200)
        network.run_to_rest()

        assert len(peer.got("ACK")) == len(peer.got("BYE")) == 1
        assert bell.told(LegEnded)[0].reason == "the INVITE has no answer to our offer"
        assert bell.gauges == EMPTY

    def test_a_provisional_response_without_a_tag_only_rings(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        leg = call(network, bell, peer)
        network.run(0.1)
        invite, source = peer.invitation
        peer.send(invite.create_response(181), source.hop_back())
        network.run(0.1)

        assert (bell.told(Ringing)[0].status, leg.dialog) == (181, None)

    def test_a_provisional_response_may_have_any_body(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        leg = call(network, bell, peer)
        network.run(0.1)
        invite, source = peer.invitation
        ringing = invite.create_response(180, to_tag="peer")
        ringing.headers.add("Content-Type", "text/html")
        ringing.body = b"<blink>ringing</blink>"
        peer.send(ringing, source.hop_back())
        network.run(0.1)
        peer.answer(200, body=sdp())
        network.run(0.1)

        assert leg.state is LegState.ESTABLISHED

    def test_200_that_is_repeated_is_acknowledged_each_time(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, peer)
        network.run(0.1)
        for _ in range(3):
            peer.answer(200, body=sdp())
            network.run(0.1)

        assert len(peer.got("ACK")) == 3
        assert len({str(ack) for ack in map(bytes, peer.got("ACK"))}) == 1
        assert len(bell.told(Established)) == 1

    def test_a_refusal_ends_the_call_with_its_reason(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        leg = call(network, bell, peer)
        network.run(0.1)
        peer.answer(480, fields=(("Reason", 'Q.850;cause=18;text="No user responding"'),))
        network.run_to_rest()

        assert bell.events == [
            LegEnded(leg=leg, status=480, reason="No user responding", by_peer=True)
        ]
        assert bell.gauges == EMPTY

    def test_a_reason_without_words_is_told_by_its_number(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, peer)
        network.run(0.1)
        peer.answer(480, fields=(("Reason", "Q.850;cause=18"),))
        network.run(0.1)

        assert bell.told(LegEnded)[0].reason == "Q.850 cause 18"

    def test_a_malformed_reason_is_passed_over(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, peer)
        network.run(0.1)
        peer.answer(480, fields=(("Reason", ";;"),))
        network.run(0.1)

        assert bell.told(LegEnded)[0].reason == "Temporarily Unavailable"

    def test_the_route_of_the_dialog_is_the_recorded_one(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        proxy = Peer(network, "proxy", "192.0.2.10")
        leg = call(network, bell, peer)
        network.run(0.1)
        peer.answer(
            200, body=sdp(), fields=(("Record-Route", "<sip:192.0.2.11;lr>, <sip:192.0.2.10;lr>"),)
        )
        network.run(0.1)
        leg.hang_up(network.now)
        bell.settle()
        network.run(0.1)

        assert [str(route.uri) for route in proxy.got("ACK")[0].routes] == [
            "sip:192.0.2.10;lr",
            "sip:192.0.2.11;lr",
        ]
        assert len(proxy.got("BYE")) == 1


class TestFork:
    def test_the_first_200_is_taken_and_the_others_are_hung_up(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        leg = call(network, bell, peer)
        network.run(0.1)
        peer.answer(180, to_tag="one")
        peer.answer(180, to_tag="other")
        peer.answer(200, to_tag="other", body=sdp(46000))
        network.run(0.1)
        peer.answer(200, to_tag="one", body=sdp(47000))
        network.run(0.1)

        assert leg.dialog is not None
        assert leg.dialog.remote.tag == "other"
        assert [ack.to.tag for ack in peer.got("ACK")] == ["other", "one"]
        assert [bye.to.tag for bye in peer.got("BYE")] == ["one"]
        assert len(bell.told(Established)) == 1

        leg.hang_up(network.now)
        bell.settle()
        network.run_to_rest()
        assert bell.gauges == EMPTY

    def test_requests_of_another_branch_are_refused(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, peer)
        network.run(0.1)
        peer.answer(180, to_tag="one")
        peer.answer(200, to_tag="other", body=sdp())
        network.run(0.1)
        peer.request_back("OPTIONS", tag="one")
        peer.request_back("BYE", tag="one", number=2)
        network.run(0.1)

        assert peer.last_answer("OPTIONS").status == 481
        assert peer.last_answer("BYE").status == 200
        assert bell.told(LegEnded) == []
