"""Calls of ours that do not go straight: forks, failover, redirections, challenges (section 13.2)."""

import pytest
from tests.support.calls import answering, call
from tests.support.virtual_network import (
    EMPTY,
    Agent,
    Caller,
    Message,
    Peer,
    VirtualNetwork,
    local_media,
    sdp,
)

from umbel.sip.address import Address
from umbel.sip.digest import Credentials
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request
from umbel.sip.uri import Uri
from umbel.ua import Leg, LegState
from umbel.ua.events import Established, LegEnded, MediaAgreed, Ringing

SECRET = Credentials(username="bell", password="watson come here")


@pytest.fixture
def peer(network: VirtualNetwork) -> Peer:
    """A scripted callee that takes BYE."""
    found = Peer(network, "peer", "192.0.2.9")
    found.on("BYE", lambda bye, source: found.respond(bye, source, 200))
    return found


def over(transport: Transport, *addresses: str) -> list[Hop]:
    return [Hop(transport=transport, address=address, port=5060) for address in addresses]


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


class TestRedirection:
    def test_is_followed(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, peer: Peer
    ) -> None:
        answering(network, watson)
        leg = call(network, bell, peer)
        network.run(0.1)
        peer.answer(302, fields=(("Contact", f"<{watson.uri}>"),))
        network.run(0.2)

        assert leg.state is LegState.ESTABLISHED
        first, second = network.requests("INVITE")
        assert (first.cseq.number, second.cseq.number) == (1, 2)
        assert (first.call_id, first.from_) == (second.call_id, second.from_)
        assert second.uri == watson.uri

    def test_prefers_the_contact_with_the_higher_q_and_goes_on_after_a_failure(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, peer: Peer
    ) -> None:
        busy = Peer(network, "busy", "192.0.2.12")
        busy.on("INVITE", lambda invite, source: busy.respond(invite, source, 486))
        answering(network, watson)
        contacts = (
            f"<tel:+15551234>;q=1.0, <{watson.uri}>;q=0.3, <{busy.uri}>;q=0.9, <{busy.uri}>;q=x"
        )
        leg = call(network, bell, peer)
        network.run(0.1)
        peer.answer(300, fields=(("Contact", contacts),))
        network.run(0.2)

        assert len(busy.got("INVITE")) == 1
        assert leg.state is LegState.ESTABLISHED

    def test_stops_at_a_refusal_for_everywhere(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, peer: Peer
    ) -> None:
        other = Peer(network, "other", "192.0.2.12")
        other.on("INVITE", lambda invite, source: other.respond(invite, source, 603))
        call(network, bell, peer)
        network.run(0.1)
        peer.answer(302, fields=(("Contact", f"<{other.uri}>, <{watson.uri}>;q=0.5"),))
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 603
        assert watson.events == []
        assert bell.gauges == EMPTY

    def test_in_a_circle_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        peer.on(
            "INVITE",
            lambda invite, source: peer.respond(
                invite, source, 302, fields=(("Contact", f"<{peer.uri}>"),)
            ),
        )
        call(network, bell, peer)
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 302
        assert len(peer.got("INVITE")) == 1
        assert bell.gauges == EMPTY

    def test_without_end_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        def onwards(invite: Request, source: Source) -> None:
            contact = f"<sip:peer{len(peer.got('INVITE'))}@{peer.address}>"
            peer.respond(invite, source, 302, fields=(("Contact", contact),))

        peer.on("INVITE", onwards)
        call(network, bell, peer)
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 302
        assert len(peer.got("INVITE")) == 6
        assert bell.gauges == EMPTY

    def test_after_a_cancel_is_not_followed(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, peer: Peer
    ) -> None:
        leg = call(network, bell, peer)
        network.run(0.1)
        leg.cancel(network.now)
        bell.settle()
        peer.answer(302, fields=(("Contact", f"<{watson.uri}>"),))
        network.run_to_rest()

        assert watson.events == []
        assert bell.gauges == EMPTY


class TestChallenge:
    @staticmethod
    def challenging(peer: Peer, *, stale: bool = False, always: bool = False) -> None:
        def react(invite: Request, source: Source) -> None:
            count = len(peer.got("INVITE"))
            has_answer = invite.headers.get("Authorization") is not None
            if has_answer and not always and not (stale and count < 3):
                peer.respond(invite, source, 200, body=sdp())
                return
            words = f'Digest realm="example.org", nonce="n{count}", qop="auth"'
            if stale and has_answer:
                words += ", stale=true"
            peer.respond(invite, source, 401, fields=(("WWW-Authenticate", words),))

        peer.on("INVITE", react)

    def test_is_answered_with_credentials(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        self.challenging(peer)
        leg = call(network, bell, peer, credentials=SECRET)
        network.run(0.2)
        first, second = peer.got("INVITE")

        assert leg.state is LegState.ESTABLISHED
        assert (first.cseq.number, second.cseq.number) == (1, 2)
        assert 'username="bell"' in (second.headers.get("Authorization") or "")
        assert peer.got("ACK")[-1].headers.get("Authorization") == second.headers.get(
            "Authorization"
        )

    def test_with_an_old_nonce_is_answered_again(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        self.challenging(peer, stale=True)
        leg = call(network, bell, peer, credentials=SECRET)
        network.run(0.2)

        assert leg.state is LegState.ESTABLISHED
        assert len(peer.got("INVITE")) == 3

    def test_after_wrong_credentials_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        self.challenging(peer, always=True)
        call(network, bell, peer, credentials=SECRET)
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 401
        assert len(peer.got("INVITE")) == 2
        assert bell.gauges == EMPTY

    def test_with_ever_new_nonces_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        self.challenging(peer, stale=True, always=True)
        call(network, bell, peer, credentials=SECRET)
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 401
        assert len(peer.got("INVITE")) == 7
        assert bell.gauges == EMPTY

    def test_without_credentials_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        self.challenging(peer)
        call(network, bell, peer)
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 401
        assert len(peer.got("INVITE")) == 1

    def test_that_cannot_be_read_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        fields = (("WWW-Authenticate", "Digest"),)
        peer.on("INVITE", lambda invite, source: peer.respond(invite, source, 401, fields=fields))
        call(network, bell, peer, credentials=SECRET)
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 401

    def test_of_a_request_in_the_dialog_is_answered_too(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        def challenge_once(bye: Request, source: Source) -> None:
            if bye.headers.get("Proxy-Authorization"):
                peer.respond(bye, source, 200)
                return
            fields = (("Proxy-Authenticate", 'Digest realm="proxy", nonce="1"'),)
            peer.respond(bye, source, 407, fields=fields)

        peer.on("BYE", challenge_once)
        leg = call(network, bell, peer, credentials=SECRET)
        network.run(0.1)
        peer.answer(200, body=sdp())
        network.run(0.1)
        leg.hang_up(network.now)
        bell.settle()
        network.run_to_rest()

        assert [bye.cseq.number for bye in peer.got("BYE")] == [2, 3]
        assert bell.gauges == EMPTY


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


class TestTarget:
    def test_may_be_a_tel_uri_by_way_of_a_gateway(
        self, network: VirtualNetwork, bell: Agent, peer: Peer
    ) -> None:
        call(network, bell, "tel:+15551234", route=(Uri.parse("sip:192.0.2.9"),))
        network.run(0.1)

        assert str(peer.got("INVITE")[0].uri) == "tel:+15551234"
