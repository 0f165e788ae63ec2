"""Changes of ours to a session that is established: re-INVITE and glare (section 14.1)."""

import pytest
from tests.support.calls import answering, established
from tests.support.scripted_peers import Caller, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork, local_media

from umbel.media.offer_answer import MediaSecurity
from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.ua.events import CallOffered, LegEnded, MediaAgreed, ReOfferRefused


@pytest.fixture
def connected(network: VirtualNetwork, bell: Agent, gray: Caller) -> Caller:
    """Gray, in a call that Bell answered."""
    answering(network, bell)
    gray.call(sdp())
    return gray


class TestOurReOffer:
    def test_moves_our_media_and_agrees_again(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        leg, _ = established(network, bell, watson)
        leg.re_offer(local_media(11000), network.now)
        bell.settle()
        network.run()

        assert watson.told(MediaAgreed)[-1].media.remote_port == 11000
        assert len(bell.told(MediaAgreed)) == 2
        assert leg.agreed_local is not None
        assert leg.agreed_local.port == 11000
        assert network.log()[-3:] == ["INVITE", "200 INVITE", "ACK"]

    @pytest.mark.parametrize("lost", range(4, 7))
    def test_survives_the_loss_of_any_message(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, lost: int
    ) -> None:
        network.loses = lambda number, _message: number == lost
        leg, offered = established(network, bell, watson)
        leg.re_offer(local_media(11000), network.now)
        bell.settle()
        network.run(40)
        offered.hang_up(network.now)
        watson.settle()
        network.run_to_rest()

        assert watson.told(MediaAgreed)[-1].media.remote_port == 11000
        assert bell.told(LegEnded)[0].status == 200
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    def test_of_both_at_once_is_tried_again_by_both(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        """Glare: 491 for both, then whoever made the Call-ID waits longer (section 14.1)."""
        leg, offered = established(network, bell, watson)
        leg.re_offer(local_media(11000), network.now)
        offered.re_offer(local_media(21000), network.now)
        bell.settle()
        watson.settle()
        network.run(10)

        assert network.log().count("491 INVITE") == 2
        assert watson.told(MediaAgreed)[-1].media.remote_port == 11000
        assert bell.told(MediaAgreed)[-1].media.remote_port == 21000

    def test_waits_until_the_first_ack_has_come(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.remote_tag = gray.ask("INVITE", body=sdp()).to.tag
        bell.told(CallOffered)[0].leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run(0.1)

        assert gray.got("INVITE") == []

        gray.acknowledge()

        assert len(gray.got("INVITE")) == 1

    def test_that_is_refused_leaves_the_session_as_it_was(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        leg = bell.told(CallOffered)[0].leg
        connected.on("INVITE", lambda invite, source: connected.respond(invite, source, 488))
        leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run(0.1)

        assert bell.told(ReOfferRefused) == [
            ReOfferRefused(leg=leg, status=488, reason="Not Acceptable Here")
        ]
        assert leg.agreed_local is not None
        assert leg.agreed_local.port == 20000
        assert b"m=audio 20000" in connected.call(sdp()).body
        assert bell.told(LegEnded) == []

    def test_that_the_peer_puts_off_is_tried_again_when_it_said(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        def put_off_once(invite: Request, source: Source) -> None:
            if len(connected.got("INVITE")) == 1:
                connected.respond(invite, source, 500, fields=(("Retry-After", "7"),))
            else:
                connected.respond(invite, source, 200, body=sdp())

        connected.on("INVITE", put_off_once)
        bell.told(CallOffered)[0].leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run(6)
        assert len(connected.got("INVITE")) == 1
        network.run(2)

        assert len(connected.got("INVITE")) == 2
        assert bell.told(ReOfferRefused) == []

    def test_in_a_dialog_that_the_peer_has_lost_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        connected.on("INVITE", lambda invite, source: connected.respond(invite, source, 481))
        bell.told(CallOffered)[0].leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 481
        assert connected.got("BYE") == []
        assert bell.gauges == EMPTY

    def test_to_a_peer_that_is_not_there_any_more_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        bell.told(CallOffered)[0].leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 408
        assert len(connected.got("BYE")) > 0
        assert bell.gauges == EMPTY

    def test_whose_answer_makes_no_sense_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        connected.on("INVITE", lambda invite, source: connected.respond(invite, source, 200))
        connected.on("BYE", lambda bye, source: connected.respond(bye, source, 200))
        bell.told(CallOffered)[0].leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run_to_rest()

        assert len(connected.got("ACK")) == 1
        assert bell.told(LegEnded)[0].reason == "the INVITE has no answer to our offer"
        assert bell.gauges == EMPTY

    def test_that_is_answered_after_the_call_ended_is_acknowledged(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        leg = bell.told(CallOffered)[0].leg
        connected.on("BYE", lambda bye, source: connected.respond(bye, source, 200))
        leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run(0.1)
        leg.hang_up(network.now)
        bell.settle()
        connected.respond(*connected.invitation, 200, body=sdp())
        network.run_to_rest()

        assert len(connected.got("ACK")) == 1
        assert bell.gauges == EMPTY

    def test_another_one_meanwhile_follows(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        leg, _ = established(network, bell, watson)
        leg.re_offer(local_media(11000), network.now)
        leg.re_offer(local_media(12000), network.now)
        bell.settle()
        network.run(1)

        assert [event.media.remote_port for event in watson.told(MediaAgreed)] == [
            10000,
            11000,
            12000,
        ]

    def test_that_is_refused_after_glare_leaves_the_session_as_it_was(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        def glare_then_refuse(invite: Request, source: Source) -> None:
            status = 491 if len(connected.got("INVITE")) == 1 else 488
            connected.respond(invite, source, status)

        connected.on("INVITE", glare_then_refuse)
        bell.told(CallOffered)[0].leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run(5)

        assert len(bell.told(ReOfferRefused)) == 1
        assert b"m=audio 20000" in connected.call(sdp()).body

    def test_with_a_session_interval_that_is_too_small_is_tried_again(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        def ask_for_more(invite: Request, source: Source) -> None:
            if invite.min_se == 90:
                connected.respond(invite, source, 422, fields=(("Min-SE", "3000"),))
            else:
                connected.respond(invite, source, 180)
                connected.respond(invite, source, 200, body=sdp())

        connected.on("INVITE", ask_for_more)
        bell.told(CallOffered)[0].leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run(1)

        assert [invite.min_se for invite in connected.got("INVITE")] == [90, 3000]
        assert bell.told(ReOfferRefused) == []

    def test_whose_2xx_is_repeated_is_acknowledged_again(
        self, network: VirtualNetwork, bell: Agent, connected: Caller
    ) -> None:
        def answer_twice(invite: Request, source: Source) -> None:
            connected.respond(invite, source, 200, body=sdp())
            connected.respond(invite, source, 200, body=sdp())

        connected.on("INVITE", answer_twice)
        bell.told(CallOffered)[0].leg.re_offer(local_media(21000), network.now)
        bell.settle()
        network.run(1)

        assert len(connected.got("ACK")) == 2

    def test_whose_answer_is_not_encrypted_as_it_must_be_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        leg, _ = established(network, bell, watson)
        leg.re_offer(local_media(11000, MediaSecurity.REQUIRED), network.now)
        bell.settle()
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 488
        assert "not encrypted" in watson.told(LegEnded)[0].reason
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)
