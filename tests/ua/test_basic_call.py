"""One call between two user agents, from the first message to the last."""

import pytest
from tests.support.calls import answering, call
from tests.support.virtual_network import EMPTY, Agent, Message, VirtualNetwork, local_media

from umbel.ua import LegState
from umbel.ua.events import CallOffered, Established, LegEnded, MediaAgreed, Ringing


def whole_call(network: VirtualNetwork, caller: Agent, callee: Agent) -> None:
    """Call, ring for a second, talk for a minute, hang up, and come to rest."""

    def ring_then_answer(offer: CallOffered) -> None:
        offer.leg.ring(network.now)
        network.after(1, lambda: pick_up(offer))

    def pick_up(offer: CallOffered) -> None:
        offer.leg.answer(local_media(20000), network.now)
        callee.settle()

    callee.on(CallOffered, ring_then_answer)
    leg = call(network, caller, callee)
    network.run(60)
    leg.hang_up(network.now, "done")
    caller.settle()
    network.run_to_rest()


MESSAGES = ["INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE"]


class TestBasicCall:
    def test_is_established_with_media_on_both_sides(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        answering(network, watson)
        leg = call(network, bell, watson)
        network.run()
        offered = watson.told(CallOffered)[0].leg

        assert (leg.state, offered.state) == (LegState.ESTABLISHED, LegState.ESTABLISHED)
        assert [type(event) for event in bell.events] == [MediaAgreed, Established]
        assert bell.told(MediaAgreed)[0].media.remote_port == 20000
        assert watson.told(MediaAgreed)[0].media.remote_port == 10000

    def test_takes_six_messages_and_leaves_nothing(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        whole_call(network, bell, watson)

        assert network.log() == MESSAGES
        assert [event.status for event in bell.told(Ringing)] == [180]
        ended = (bell.told(LegEnded)[0], watson.told(LegEnded)[0])
        assert [(one.status, one.reason, one.by_peer) for one in ended] == [
            (200, "done", False),
            (200, "done", True),
        ]
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    def test_can_be_hung_up_by_the_callee(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        answering(network, watson)
        call(network, bell, watson)
        network.run()
        watson.told(CallOffered)[0].leg.hang_up(network.now)
        watson.settle()
        network.run_to_rest()

        assert bell.told(LegEnded)[0].by_peer
        assert bell.told(LegEnded)[0].reason == "the peer hung up"
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    def test_both_may_hang_up_at_the_same_time(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        answering(network, watson)
        leg = call(network, bell, watson)
        network.run()
        leg.hang_up(network.now)
        watson.told(CallOffered)[0].leg.hang_up(network.now)
        bell.settle()
        watson.settle()
        network.run_to_rest()

        assert network.log()[-2:] == ["200 BYE", "200 BYE"]
        assert len(bell.told(LegEnded)) == len(watson.told(LegEnded)) == 1
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    def test_verbs_on_a_leg_that_ended_do_nothing(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        answering(network, watson)
        leg = call(network, bell, watson)
        network.run()
        offered = watson.told(CallOffered)[0].leg
        leg.hang_up(network.now)
        bell.settle()
        network.run_to_rest()
        sent = len(network.carried)
        offered.ring(network.now)
        offered.answer(local_media(), network.now)
        offered.reject(486, "busy", network.now)
        offered.redirect(bell.uri, network.now)
        offered.hang_up(network.now)
        offered.cancel(network.now)
        offered.refer(bell.uri, None, network.now)
        offered.re_offer(local_media(), network.now)
        watson.settle()

        assert len(network.carried) == sent
        assert watson.gauges == EMPTY


class TestLoss:
    @pytest.mark.parametrize("lost", range(len(MESSAGES)))
    def test_of_any_single_message_is_made_good(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, lost: int
    ) -> None:
        network.loses = lambda number, _message: number == lost
        whole_call(network, bell, watson)

        assert len(bell.told(Established)) == len(watson.told(Established)) == 1
        assert (bell.told(LegEnded)[0].status, watson.told(LegEnded)[0].status) == (200, 200)
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    @pytest.mark.parametrize("lost", range(len(MESSAGES)))
    def test_of_any_message_and_the_next_of_its_kind_is_made_good(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, lost: int
    ) -> None:
        dropped: list[int] = []

        def loses(number: int, message: Message) -> bool:
            is_lost = len(dropped) < 2 and bool(network.log()[number] == MESSAGES[lost])
            if is_lost:
                dropped.append(number)
            return is_lost

        network.loses = loses
        whole_call(network, bell, watson)

        assert len(bell.told(Established)) == len(watson.told(Established)) == 1
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    def test_of_every_third_message_is_made_good(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        network.loses = lambda number, _message: number % 3 == 1
        whole_call(network, bell, watson)

        assert len(bell.told(Established)) == len(watson.told(Established)) == 1
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    @pytest.mark.parametrize("late", range(len(MESSAGES)))
    def test_a_message_that_is_overtaken_does_no_harm(
        self, network: VirtualNetwork, bell: Agent, watson: Agent, late: int
    ) -> None:
        network.delays = lambda number, _message: 2.5 if number == late else 0.0
        whole_call(network, bell, watson)

        assert len(bell.told(Established)) == len(watson.told(Established)) == 1
        assert (bell.told(LegEnded)[0].status, watson.told(LegEnded)[0].status) == (200, 200)
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)


class TestNobodyThere:
    def test_the_call_ends_with_408_after_32_seconds(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        leg = call(network, bell, "sip:nobody@192.0.2.200")
        network.run_to_rest()

        assert round(network.elapsed) == 32
        assert bell.events == [LegEnded(leg=leg, status=408, reason="no answer", by_peer=False)]
        assert bell.gauges == EMPTY

    def test_a_name_that_leads_nowhere_ends_it_with_503(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        network.names = {"nowhere.example": "no such name", "empty.example": []}
        call(network, bell, "sip:nobody@nowhere.example")
        call(network, bell, "sip:nobody@empty.example")
        network.run_to_rest()

        ended = bell.told(LegEnded)
        assert [(one.status, one.reason) for one in ended] == [
            (503, "no such name"),
            (503, "the name leads nowhere"),
        ]
        assert bell.gauges == EMPTY
