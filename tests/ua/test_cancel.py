"""Calls that are withdrawn, and the races around that (RFC 3261 sections 9 and 15)."""

import pytest
from tests.support.calls import answering, call
from tests.support.scripted_peers import Caller, Peer, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork, local_media

from umbel.core.errors import Misuse
from umbel.sip.address import Address
from umbel.ua.events import CallOffered, Established, LegEnded, Ringing


def ringing(network: VirtualNetwork, agent: Agent) -> None:
    agent.on(CallOffered, lambda offer: offer.leg.ring(network.now))


class TestOurCancel:
    def test_of_a_ringing_call_ends_both_sides(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        ringing(network, watson)
        leg = call(network, bell, watson)
        network.run()
        leg.cancel(network.now, "nobody was found")
        bell.settle()
        network.run_to_rest()

        assert network.log()[2:] == ["CANCEL", "200 CANCEL", "487 INVITE", "ACK"]
        assert bell.told(LegEnded) == [
            LegEnded(leg=leg, status=487, reason="nobody was found", by_peer=False)
        ]
        theirs = watson.told(LegEnded)[0]
        assert (theirs.status, theirs.reason, theirs.by_peer) == (487, "nobody was found", True)
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    def test_waits_until_the_peer_has_been_heard(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        """A CANCEL could overtake its INVITE (RFC 3261 section 9.1)."""
        peer = Peer(network, "peer", "192.0.2.9")
        leg = call(network, bell, peer)
        leg.cancel(network.now)
        bell.settle()
        network.run(0.4)

        assert network.log() == ["INVITE"]

        peer.answer(100)
        network.run(0.1)

        assert network.log("bell") == ["INVITE", "CANCEL"]

    def test_before_the_way_is_known_sends_nothing(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        leg = bell.agent.call(watson.uri, local_media(), _address(bell), network.now)
        leg.cancel(network.now)
        bell.settle()
        network.run_to_rest()

        assert network.log() == []
        assert bell.told(LegEnded)[0].status == 487
        assert bell.gauges == EMPTY

    def test_that_crosses_a_200_is_followed_by_ack_and_bye(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        ringing(network, watson)
        leg = call(network, bell, watson)
        network.run()
        leg.cancel(network.now)
        watson.told(CallOffered)[0].leg.answer(local_media(), network.now)
        bell.settle()
        watson.settle()
        network.run_to_rest()

        assert network.log("bell")[1:] == ["CANCEL", "ACK", "BYE"]
        assert bell.told(Established) == []
        assert len(bell.told(LegEnded)) == len(watson.told(LegEnded)) == 1
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    def test_that_nobody_answers_is_given_up_after_32_seconds(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        peer = Peer(network, "peer", "192.0.2.9")
        peer.on("INVITE", lambda invite, source: peer.respond(invite, source, 180))
        leg = call(network, bell, peer)
        network.run()
        leg.cancel(network.now)
        bell.settle()
        network.run_to_rest()

        assert 32 <= network.elapsed < 33
        assert bell.gauges == EMPTY

    def test_twice_is_sent_once(self, network: VirtualNetwork, bell: Agent, watson: Agent) -> None:
        ringing(network, watson)
        leg = call(network, bell, watson)
        network.run()
        leg.cancel(network.now)
        leg.cancel(network.now)
        bell.settle()
        network.run_to_rest()

        assert network.log().count("CANCEL") == 1

    @pytest.mark.parametrize("lost", range(3, 7))
    def test_survives_the_loss_of_any_message(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, lost: int
    ) -> None:
        network.loses = lambda number, _message: number == lost
        ringing(network, watson)
        leg = call(network, bell, watson)
        network.run()
        leg.cancel(network.now)
        bell.settle()
        network.run_to_rest()

        assert [len(one.told(LegEnded)) for one in (bell, watson)] == [1, 1]
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)


class TestTheirCancel:
    def test_ends_a_leg_that_has_not_been_answered(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        invite = gray.request("INVITE", body=sdp())
        network.run(0.1)
        cancel = gray.request("CANCEL", number=1, branch=invite.via.branch)
        network.run(0.1)

        assert network.log("bell") == ["200 CANCEL", "487 INVITE"]
        assert cancel.cseq.number == 1
        assert (bell.told(LegEnded)[0].status, bell.told(LegEnded)[0].reason) == (487, "cancelled")

    def test_tells_the_reason_that_it_carries(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        invite = gray.request("INVITE", body=sdp())
        network.run(0.1)
        gray.request(
            "CANCEL",
            number=1,
            branch=invite.via.branch,
            fields=(("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),),
        )
        network.run(0.1)

        assert bell.told(LegEnded)[0].reason == "Call completed elsewhere"

    def test_after_the_final_response_changes_nothing(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        invite = gray.request("INVITE", body=sdp())
        network.run(0.1)
        gray.request("CANCEL", number=1, branch=invite.via.branch)
        network.run(0.1)

        assert gray.last_answer("CANCEL").status == 200
        assert gray.last_answer("CANCEL").to.tag == gray.last_answer("INVITE").to.tag
        assert bell.told(LegEnded) == []

    def test_of_nothing_is_answered_481(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answer = gray.ask("CANCEL", number=1)
        network.run_to_rest()

        assert answer.status == 481
        assert bell.gauges == EMPTY

    def test_repeated_is_answered_again_with_the_same(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        invite = gray.request("INVITE", body=sdp())
        network.run(0.1)
        for _ in range(2):
            gray.request("CANCEL", number=1, branch=invite.via.branch)
            network.run(0.1)

        assert [answer.status for answer in gray.answers("CANCEL")] == [200, 200]
        assert len(bell.told(LegEnded)) == 1


class TestHangingUpTooEarly:
    def test_an_unanswered_inbound_leg_is_refused_with_480(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.on(CallOffered, lambda offer: offer.leg.hang_up(network.now, "closing down"))
        answer = gray.ask("INVITE", body=sdp())

        assert answer.status == 480
        assert answer.reasons[0].text == "closing down"

    def test_as_the_callee_bye_waits_for_the_ack(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        answer = gray.ask("INVITE", body=sdp())
        gray.remote_tag = answer.to.tag
        bell.told(CallOffered)[0].leg.hang_up(network.now)
        bell.settle()
        network.run(0.1)

        assert len(bell.told(LegEnded)) == 1
        assert gray.got("BYE") == []

        gray.on("BYE", lambda bye, source: gray.respond(bye, source, 200))
        gray.acknowledge()

        assert len(gray.got("BYE")) == 1
        network.run_to_rest()
        assert bell.gauges == EMPTY

    def test_as_the_callee_bye_is_sent_when_no_ack_comes(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.on("BYE", lambda bye, source: gray.respond(bye, source, 200))
        gray.ask("INVITE", body=sdp())
        bell.told(CallOffered)[0].leg.hang_up(network.now)
        bell.settle()
        network.run_to_rest()

        assert len(gray.got("BYE")) == 1
        assert 32 <= network.elapsed < 70
        assert bell.gauges == EMPTY

    def test_a_bye_of_the_peer_meanwhile_makes_ours_needless(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        answer = gray.ask("INVITE", body=sdp())
        gray.remote_tag = answer.to.tag
        bell.told(CallOffered)[0].leg.hang_up(network.now)
        bell.settle()

        assert gray.ask("BYE").status == 200
        network.run_to_rest()
        assert gray.got("BYE") == []
        assert bell.gauges == EMPTY


class TestByeFromThePeer:
    def test_in_an_early_dialog_ends_the_invite_with_487(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        ringing(network, bell)
        answer = gray.ask("INVITE", body=sdp())
        gray.remote_tag = answer.to.tag

        assert gray.ask("BYE").status == 200
        assert gray.last_answer("INVITE").status == 487
        assert bell.told(LegEnded)[0].by_peer

    def test_before_the_ack_ends_the_leg_and_the_repetitions(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        answer = gray.ask("INVITE", body=sdp())
        gray.remote_tag = answer.to.tag
        gray.ask("BYE")
        network.run_to_rest()

        assert network.log("bell").count("200 INVITE") == 1
        assert bell.told(LegEnded)[0].status == 200
        assert bell.gauges == EMPTY

    def test_that_overtakes_the_200_ends_our_call(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        peer = Peer(network, "peer", "192.0.2.9")
        peer.on("INVITE", lambda invite, source: peer.respond(invite, source, 180))
        call(network, bell, peer)
        network.run()
        peer.request_back("BYE")
        network.run(0.1)

        assert bell.told(LegEnded)[0].by_peer

        peer.answer(200, body=sdp())
        network.run_to_rest()

        assert len(peer.got("ACK")) == 1
        assert peer.got("BYE") == []
        assert bell.told(Ringing)[0].status == 180
        assert bell.gauges == EMPTY


class TestVerbsAtTheWrongTime:
    def test_are_our_own_mistake(self, network: VirtualNetwork, bell: Agent, watson: Agent) -> None:
        ringing(network, watson)
        leg = call(network, bell, watson)
        network.run()

        with pytest.raises(Misuse, match="does not wait for an answer"):
            leg.answer(local_media(), network.now)
        with pytest.raises(Misuse, match="only an established leg"):
            leg.refer(watson.uri, None, network.now)
        with pytest.raises(Misuse, match="nothing to offer again"):
            leg.re_offer(local_media(), network.now)


def _address(agent: Agent) -> Address:
    return Address(uri=agent.uri)
