"""Calls of ours that are sent elsewhere, or asked who they are (sections 8.1.3.4 and 22)."""

import pytest
from tests.support.calls import answering, call
from tests.support.scripted_peers import Caller, Peer, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.sip.digest import Credentials
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.ua import LegState
from umbel.ua.events import CallOffered, LegEnded

SECRET = Credentials(username="bell", password="watson come here")


@pytest.fixture
def peer(network: VirtualNetwork) -> Peer:
    """A scripted callee that takes BYE."""
    found = Peer(network, "peer", "192.0.2.9")
    found.on("BYE", lambda bye, source: found.respond(bye, source, 200))
    return found


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
        challenge_bye(peer)
        leg = call(network, bell, peer, credentials=SECRET)
        network.run(0.1)
        peer.answer(200, body=sdp())
        network.run(0.1)
        leg.hang_up(network.now)
        bell.settle()
        network.run_to_rest()

        assert [bye.cseq.number for bye in peer.got("BYE")] == [2, 3]
        assert bell.gauges == EMPTY

    def test_of_a_peer_that_called_us_is_answered_as_the_application_says(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        challenge_bye(gray)
        answering(network, bell)
        gray.call(sdp())
        leg = bell.told(CallOffered)[0].leg
        leg.authenticate_with(SECRET)
        leg.hang_up(network.now)
        bell.settle()
        network.run_to_rest()
        first, second = gray.got("BYE")

        assert first.headers.get("Proxy-Authorization") is None
        assert 'username="bell"' in (second.headers.get("Proxy-Authorization") or "")
        assert bell.gauges == EMPTY


def challenge_bye(peer: Peer) -> None:
    """Have *peer* take a BYE only with credentials."""

    def challenge_once(bye: Request, source: Source) -> None:
        if bye.headers.get("Proxy-Authorization"):
            peer.respond(bye, source, 200)
            return
        fields = (("Proxy-Authenticate", 'Digest realm="proxy", nonce="1"'),)
        peer.respond(bye, source, 407, fields=fields)

    peer.on("BYE", challenge_once)
