"""Changing a session that is established: hold, other media, UPDATE, glare (section 14, RFC 3311)."""

import pytest
from tests.support.calls import answering, call
from tests.support.scripted_peers import Caller, Peer, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.media.session import Direction
from umbel.ua.events import CallOffered, LegEnded, MediaAgreed


@pytest.fixture
def connected(network: VirtualNetwork, bell: Agent, gray: Caller) -> Caller:
    """Gray, in a call that Bell answered."""
    answering(network, bell)
    gray.call(sdp())
    return gray


class TestTheirReInvite:
    @pytest.mark.parametrize(
        ("held", "ours", "answered"),
        [
            (sdp(40000, "sendonly"), Direction.RECVONLY, b"a=recvonly"),
            (sdp(40000, "inactive"), Direction.INACTIVE, b"a=inactive"),
        ],
    )
    def test_holds_and_resumes(
        self,
        network: VirtualNetwork,
        bell: Agent,
        connected: Caller,
        held: bytes,
        ours: Direction,
        answered: bytes,
    ) -> None:
        answer = connected.call(held)

        assert (answer.status, answered in answer.body) == (200, True)
        assert bell.told(MediaAgreed)[-1].media.direction is ours

        connected.call(sdp())

        assert bell.told(MediaAgreed)[-1].media.direction is Direction.SENDRECV
        assert bell.told(LegEnded) == []

    def test_holds_the_old_way_with_a_zero_address(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        answer = connected.call(sdp(address="0.0.0.0"))

        assert answer.status == 200
        assert bell.told(MediaAgreed)[-1].media.direction in (
            Direction.RECVONLY,
            Direction.INACTIVE,
        )

    def test_moves_the_media_elsewhere(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        connected.call(sdp(42000, address="192.0.2.51"))

        media = bell.told(MediaAgreed)[-1].media
        assert (media.remote_address, media.remote_port) == ("192.0.2.51", 42000)

    def test_without_an_offer_gets_ours_and_answers_in_the_ack(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        answer = connected.ask("INVITE")
        connected.acknowledge(sdp(43000))

        assert b"m=audio 20000" in answer.body
        assert bell.told(MediaAgreed)[-1].media.remote_port == 43000

    def test_that_changes_nothing_is_not_told(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        connected.call(sdp())

        assert len(bell.told(MediaAgreed)) == 1

    def test_that_cannot_be_accepted_leaves_the_session_as_it_was(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        answer = connected.ask("INVITE", body=sdp().replace(b"RTP/AVP 0 101", b"RTP/AVP 18"))

        assert answer.status == 488
        assert "G729" in (answer.headers.get("Warning") or "")
        assert bell.told(LegEnded) == []
        assert connected.ask("OPTIONS").status == 200

    def test_moves_where_our_requests_go(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        other = Peer(network, "other", "192.0.2.66")
        answer = connected.ask("INVITE", body=sdp(), fields=(("Contact", "<sip:gray@192.0.2.66>"),))
        assert answer.status == 200
        connected.acknowledge()
        bell.told(CallOffered)[0].leg.hang_up(network.now)
        bell.settle()
        network.run(0.1)

        assert len(other.got("BYE")) == 1

    def test_before_the_first_is_answered_comes_too_early(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.on(CallOffered, lambda offer: offer.leg.ring(network.now))
        gray.remote_tag = gray.ask("INVITE", body=sdp()).to.tag
        answer = gray.ask("INVITE", body=sdp())

        assert answer.status == 500
        assert 0 <= int(answer.headers.get("Retry-After") or "-1") <= 10

    def test_while_our_offer_waits_is_glare(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.remote_tag = gray.ask("INVITE").to.tag
        answer = gray.ask("INVITE", body=sdp())

        assert answer.status == 491

    def test_out_of_order_is_refused_with_500(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        connected.sequence = 10
        connected.call(sdp())
        answer = connected.ask("INVITE", body=sdp(), number=5)

        assert answer.status == 500
        assert "CSeq: found 5" in (answer.headers.get("Warning") or "")

    def test_whose_ack_never_comes_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        connected.on("BYE", lambda bye, source: connected.respond(bye, source, 200))
        connected.ask("INVITE", body=sdp())
        network.run_to_rest()

        assert bell.told(LegEnded)[0].reason == "no ACK to our 200"
        assert bell.gauges == EMPTY

    def test_that_comes_anew_with_the_same_number_is_acknowledged_once(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        """As a peer does that tries its next server before the first one's answer came."""
        for branch in ("z9hG4bKfirst", "z9hG4bKsecond"):
            connected.request("INVITE", body=sdp(), number=7, branch=branch)
            network.run(0.1)
        connected.acknowledge(number=7)
        network.run(40)
        assert not bell.told(LegEnded)

        connected.ask("BYE", number=8)
        network.run_to_rest()
        assert bell.gauges == EMPTY


class TestTheirUpdate:
    def test_with_an_offer_is_answered(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        answer = connected.ask("UPDATE", body=sdp(44000))

        assert (answer.status, b"m=audio" in answer.body) == (200, True)
        assert bell.told(MediaAgreed)[-1].media.remote_port == 44000

    def test_without_an_offer_is_answered_without_a_body(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        answer = connected.ask("UPDATE")

        assert (answer.status, answer.body) == (200, b"")

    def test_with_an_offer_before_the_invite_is_answered_comes_too_early(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.on(CallOffered, lambda offer: offer.leg.ring(network.now))
        gray.remote_tag = gray.ask("INVITE", body=sdp()).to.tag

        assert gray.ask("UPDATE", body=sdp()).status == 500
        assert gray.ask("UPDATE").status == 200

    def test_while_our_offer_waits_is_glare(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.remote_tag = gray.ask("INVITE").to.tag

        assert gray.ask("UPDATE", body=sdp()).status == 491

    def test_with_an_offer_that_cannot_be_accepted_changes_nothing(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        answer = connected.ask("UPDATE", body=sdp().replace(b"RTP/AVP 0 101", b"RTP/AVP 18"))

        assert answer.status == 488
        assert len(bell.told(MediaAgreed)) == 1


class TestTheirChangeOfAnEarlyDialog:
    @pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
    def test_meets_our_own_offer(self, network: VirtualNetwork, bell: Agent, method: str) -> None:
        peer = Peer(network, "peer", "192.0.2.9")
        peer.on("INVITE", lambda invite, source: peer.respond(invite, source, 180))
        call(network, bell, peer)
        network.run(0.1)
        peer.request_back(method, body=sdp())
        network.run(0.1)

        assert peer.answers(method)[-1].status == 491
