"""OPTIONS of ours: is a gateway alive? (RFC 3261 section 11)."""

import pytest
from tests.support.scripted_peers import Peer
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.uri import Uri
from umbel.ua.admission import Refusal
from umbel.ua.events import OptionsAnswered


def ask(
    network: VirtualNetwork, agent: Agent, target: str, *route: str, hop: Hop | None = None
) -> str:
    uris = tuple(Uri.parse(one) for one in route)
    key = agent.agent.options(Uri.parse(target), network.now, route=uris, hop=hop)
    agent.settle()
    return key


class TestOptionsToUs:
    def test_are_answered_as_a_call_would_be_for_now(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        refusal = Refusal(status=503, reason="it drains", retry_after=30)
        Agent(network, "watson", "192.0.2.2", admits=lambda source: refusal)
        ask(network, bell, "sip:192.0.2.2")
        network.run_to_rest()

        (answer,) = network.responses(503, "OPTIONS")
        assert answer.headers.get("Retry-After") == "30"
        assert "it drains" in (answer.headers.get("Warning") or "")

    def test_are_forbidden_to_whom_calls_are(self, network: VirtualNetwork, bell: Agent) -> None:
        refusal = Refusal(status=403, reason="gateway bell is disabled")
        Agent(network, "watson", "192.0.2.2", admits=lambda source: refusal)
        ask(network, bell, "sip:192.0.2.2")
        network.run_to_rest()

        (answer,) = network.responses(403, "OPTIONS")
        assert answer.headers.get("Retry-After") is None

    def test_are_answered_where_we_have_a_fault(self, network: VirtualNetwork, bell: Agent) -> None:
        def fail(_source: Source) -> Refusal | None:
            raise RuntimeError("a fault of ours")

        watson = Agent(network, "watson", "192.0.2.2", admits=fail)
        ask(network, bell, "sip:192.0.2.2")
        with pytest.raises(RuntimeError, match="a fault of ours"):
            network.run_to_rest()
        watson.settle()
        network.run_to_rest()

        assert network.responses(500, "OPTIONS")
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)


class TestOptions:
    def test_are_answered_by_a_living_peer(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        key = ask(network, bell, "sip:192.0.2.2")
        network.run_to_rest()

        (answered,) = bell.told(OptionsAnswered)
        assert (answered.key, answered.status, answered.reason) == (key, 200, "OK")
        assert answered.source is not None
        assert answered.source.address == "192.0.2.2"
        assert answered.response is not None
        assert answered.response.status == 200
        assert (bell.gauges, watson.gauges) == (EMPTY, EMPTY)

    def test_are_answered_408_by_silence(self, network: VirtualNetwork, bell: Agent) -> None:
        key = ask(network, bell, "sip:192.0.2.200")
        network.run_to_rest()

        assert bell.events == [OptionsAnswered(key=key, status=408, reason="no answer")]
        assert bell.gauges == EMPTY

    def test_are_answered_503_where_nobody_can_be_connected_to(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        key = ask(network, bell, "sip:192.0.2.200;transport=tls")
        network.run_to_rest()

        assert bell.events == [
            OptionsAnswered(key=key, status=503, reason="192.0.2.200 refused the connection")
        ]

    def test_go_by_a_route(self, network: VirtualNetwork, bell: Agent) -> None:
        proxy = Peer(network, "proxy", "192.0.2.9")
        proxy.on("OPTIONS", lambda options, source: proxy.respond(options, source, 100))
        ask(network, bell, "sip:example.org", "sip:192.0.2.9")
        network.run(0.1)

        assert str(proxy.got("OPTIONS")[0].uri) == "sip:example.org"
        assert bell.events == []

    def test_go_to_one_host_of_a_pool_and_to_no_other(
        self, network: VirtualNetwork, bell: Agent, watson: Agent
    ) -> None:
        """``watson`` would have answered: that says nothing of the host that was asked."""
        dead = Hop(transport=Transport.TCP, address="192.0.2.200", port=5060, domain="pool.test")
        alive = Hop(transport=Transport.TCP, address="192.0.2.2", port=5060, domain="pool.test")
        network.names["pool.test"] = [dead, alive]
        key = ask(network, bell, "sip:pool.test", hop=dead)
        network.run_to_rest()

        assert bell.events == [
            OptionsAnswered(key=key, status=503, reason="192.0.2.200 refused the connection")
        ]
        assert bell.gauges == EMPTY
