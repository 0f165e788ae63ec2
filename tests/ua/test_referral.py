"""The other end of a transfer: a peer that asks us to call somebody else (RFC 3515)."""

import pytest
from tests.support.calls import answering, established
from tests.support.scripted_peers import Caller, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.sip.uri import Uri
from umbel.ua import Leg, Policy
from umbel.ua.events import LegEnded, TransferProgress, TransferRequested

TARGET = Uri.parse("sip:strowger@192.0.2.77")


@pytest.fixture
def following(network: VirtualNetwork) -> Agent:
    """An agent that lets others send it elsewhere."""
    return Agent(network, "bell", "192.0.2.1", Policy(follows_transfers=True))


def referred(network: VirtualNetwork, watson: Agent, following: Agent) -> Leg:
    """Let Watson refer Bell; give Bell's leg."""
    theirs, ours = established(network, watson, following)
    theirs.refer(TARGET, None, network.now)
    watson.settle()
    network.run()
    return ours


def told(agent: Agent) -> list[tuple[int, bool]]:
    return [(one.status, one.is_final) for one in agent.told(TransferProgress)]


class TestReferral:
    def test_is_put_before_the_application(
        self, network: VirtualNetwork, watson: Agent, following: Agent
    ) -> None:
        leg = referred(network, watson, following)

        assert following.told(TransferRequested) == [TransferRequested(leg=leg, target=TARGET)]
        assert told(watson) == []

    def test_that_is_followed_is_reported_and_ends_the_call(
        self, network: VirtualNetwork, watson: Agent, following: Agent
    ) -> None:
        leg = referred(network, watson, following)
        leg.accept_transfer(network.now)
        following.settle()
        network.run()
        leg.report_transfer(200, network.now)
        following.settle()
        network.run_to_rest()

        assert told(watson) == [(100, False), (200, True)]
        assert following.told(LegEnded)[0].by_peer
        assert (watson.gauges, following.gauges) == (EMPTY, EMPTY)

    def test_whose_call_fails_keeps_this_one(
        self, network: VirtualNetwork, watson: Agent, following: Agent
    ) -> None:
        leg = referred(network, watson, following)
        leg.accept_transfer(network.now)
        leg.report_transfer(486, network.now)
        following.settle()
        network.run()

        assert told(watson)[-1] == (486, True)
        assert watson.told(LegEnded) == following.told(LegEnded) == []

    def test_that_is_declined_keeps_the_call(
        self, network: VirtualNetwork, watson: Agent, following: Agent
    ) -> None:
        leg = referred(network, watson, following)
        leg.decline_transfer(network.now)
        leg.decline_transfer(network.now)
        leg.report_transfer(200, network.now)
        leg.accept_transfer(network.now)
        following.settle()
        network.run()

        assert told(watson) == [(603, True)]
        assert watson.told(LegEnded) == []

    def test_that_is_undecided_when_the_call_ends_is_declined(
        self, network: VirtualNetwork, watson: Agent, following: Agent
    ) -> None:
        leg = referred(network, watson, following)
        leg.hang_up(network.now)
        following.settle()
        network.run_to_rest()

        assert "603 REFER" in network.log("bell")
        assert (watson.gauges, following.gauges) == (EMPTY, EMPTY)


class TestScriptedPeer:
    @pytest.fixture
    def connected(self, network: VirtualNetwork, following: Agent) -> Caller:
        """Gray, in a call that Bell answered."""
        gray = Caller(network, "gray", "192.0.2.3", following)
        answering(network, following)
        gray.call(sdp())
        return gray

    def test_without_a_target_is_refused(self, connected: Caller) -> None:
        answer = connected.ask("REFER")

        assert answer.status == 400
        assert "Refer-To" in (answer.headers.get("Warning") or "")

    def test_a_second_one_meanwhile_is_declined(self, following: Agent, connected: Caller) -> None:
        connected.request("REFER", fields=(("Refer-To", f"<{TARGET}>"),))
        answer = connected.ask("REFER", fields=(("Refer-To", f"<{TARGET}>"),))

        assert answer.status == 603
        assert len(following.told(TransferRequested)) == 1
