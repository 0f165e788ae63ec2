"""Session timers in calls: who refreshes, how, and what happens when nobody does (RFC 4028)."""

import pytest
from tests.support.calls import answering, call
from tests.support.scripted_peers import Caller, Peer, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork

from umbel.sip.hop import Source
from umbel.sip.message import Request
from umbel.ua import LegState, Policy
from umbel.ua.events import LegEnded

Fields = tuple[tuple[str, str], ...]
TIMER: Fields = (("Supported", "timer"),)


@pytest.fixture
def answered(network: VirtualNetwork, bell: Agent, gray: Caller) -> Caller:
    """Gray, whom Bell answers; takes BYE."""
    answering(network, bell)
    gray.on("BYE", lambda bye, source: gray.respond(bye, source, 200))
    return gray


def expires(interval: str) -> Fields:
    return (*TIMER, ("Session-Expires", interval))


class TestAsCallee:
    @pytest.mark.parametrize(
        ("asked", "answer", "required"),
        [
            (TIMER, "1800;refresher=uac", ("timer",)),
            (expires("600"), "600;refresher=uac", ("timer",)),
            (expires("600;refresher=uac"), "600;refresher=uac", ("timer",)),
            (expires("600;refresher=uas"), "600;refresher=uas", ()),
            ((("Session-Expires", "600"),), "600;refresher=uas", ()),
            ((("Session-Expires", "50"),), "90;refresher=uas", ()),
        ],
    )
    def test_the_peer_refreshes_if_it_can(
        self, answered: Caller, asked: Fields, answer: str, required: tuple[str, ...]
    ) -> None:
        found = answered.call(sdp(), asked)

        assert found.headers.get("Session-Expires") == answer
        assert found.require == required

    def test_a_peer_that_says_nothing_gets_no_timer(self, answered: Caller) -> None:
        assert "Session-Expires" not in answered.call(sdp()).headers

    def test_an_interval_that_is_too_small_is_refused(
        self, network: VirtualNetwork, bell: Agent, answered: Caller
    ) -> None:
        found = answered.call(sdp(), expires("30"))

        assert (found.status, found.min_se) == (422, 90)
        network.run_to_rest()
        assert bell.gauges == EMPTY
        assert bell.events == []

    def test_without_a_refresh_the_call_ends_before_the_interval_does(
        self, network: VirtualNetwork, bell: Agent, answered: Caller
    ) -> None:
        answered.call(sdp(), expires("90;refresher=uac"))
        network.run_to_rest()

        assert 59 < network.elapsed < 100
        ended = bell.told(LegEnded)[0]
        assert (ended.status, ended.reason) == (408, "the session was not refreshed in time")
        assert len(answered.got("BYE")) == 1
        assert bell.gauges == EMPTY

    @pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
    def test_with_refreshes_the_call_goes_on(
        self, network: VirtualNetwork, bell: Agent, answered: Caller, method: str
    ) -> None:
        answered.call(sdp(), expires("90;refresher=uac"))
        for _ in range(4):
            network.run(45)
            answered.ask(method, fields=expires("90;refresher=uac"), body=sdp())
            if method == "INVITE":
                answered.acknowledge()

        assert bell.told(LegEnded) == []

    def test_a_refresh_with_too_small_an_interval_changes_nothing(
        self, network: VirtualNetwork, bell: Agent, answered: Caller
    ) -> None:
        answered.call(sdp(), expires("90;refresher=uac"))

        assert answered.ask("UPDATE", fields=expires("10")).status == 422
        assert answered.ask("INVITE", fields=expires("10"), body=sdp()).status == 422
        assert bell.told(LegEnded) == []

    def test_as_the_refresher_we_send_update_where_the_peer_takes_it(
        self, network: VirtualNetwork, bell: Agent, answered: Caller
    ) -> None:
        def refresh(update: Request, source: Source) -> None:
            found = update.headers.get("Session-Expires") or ""
            answered.respond(update, source, 200, fields=(("Session-Expires", found),))

        answered.on("UPDATE", refresh)
        answered.call(sdp(), (*expires("90;refresher=uas"), ("Allow", "INVITE, UPDATE")))
        network.run(200)

        updates = answered.got("UPDATE")
        assert len(updates) == 4
        assert updates[0].headers.get("Session-Expires") == "90;refresher=uac"
        assert updates[0].body == b""
        assert bell.told(LegEnded) == []

    def test_as_the_refresher_we_send_invite_where_it_does_not(
        self, network: VirtualNetwork, bell: Agent, answered: Caller
    ) -> None:
        def refresh(invite: Request, source: Source) -> None:
            found = invite.headers.get("Session-Expires") or ""
            answered.respond(invite, source, 200, fields=(("Session-Expires", found),), body=sdp())

        answered.on("INVITE", refresh)
        answered.call(sdp(), expires("90;refresher=uas"))
        network.run(200)

        assert len(answered.got("INVITE")) == 4
        assert bell.told(LegEnded) == []

    def test_a_peer_that_says_it_takes_update_and_does_not_gets_invite(
        self, network: VirtualNetwork, bell: Agent, answered: Caller
    ) -> None:
        answered.on("UPDATE", lambda update, source: answered.respond(update, source, 501))
        answered.on(
            "INVITE", lambda invite, source: answered.respond(invite, source, 200, body=sdp())
        )
        answered.call(sdp(), (*expires("90;refresher=uas"), ("Allow", "INVITE, UPDATE")))
        network.run(50)

        assert (len(answered.got("UPDATE")), len(answered.got("INVITE"))) == (1, 1)

    def test_a_refresh_that_is_refused_for_now_is_tried_again(
        self, network: VirtualNetwork, bell: Agent, answered: Caller
    ) -> None:
        answered.on("UPDATE", lambda update, source: answered.respond(update, source, 491))
        answered.call(sdp(), (*expires("90;refresher=uas"), ("Allow", "INVITE, UPDATE")))
        network.run_to_rest()

        assert len(answered.got("UPDATE")) > 1
        assert bell.told(LegEnded)[0].status == 408

    def test_a_refresh_in_a_dialog_that_is_gone_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, answered: Caller
    ) -> None:
        answered.on("UPDATE", lambda update, source: answered.respond(update, source, 481))
        answered.call(sdp(), (*expires("90;refresher=uas"), ("Allow", "INVITE, UPDATE")))
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 481
        assert bell.gauges == EMPTY

    def test_a_longer_minimum_of_the_peer_is_respected(
        self, network: VirtualNetwork, bell: Agent, answered: Caller
    ) -> None:
        def refuse_brief(update: Request, source: Source) -> None:
            if update.min_se == 90:
                answered.respond(update, source, 422, fields=(("Min-SE", "300"),))
            else:
                answered.respond(update, source, 200)

        answered.on("UPDATE", refuse_brief)
        answered.call(sdp(), (*expires("90;refresher=uas"), ("Allow", "INVITE, UPDATE")))
        network.run(46)

        assert [update.headers.get("Session-Expires") for update in answered.got("UPDATE")] == [
            "90;refresher=uac",
            "300;refresher=uac",
        ]


class TestAsCaller:
    def test_we_ask_for_a_timer(self, network: VirtualNetwork, bell: Agent) -> None:
        peer = Peer(network, "peer", "192.0.2.9")
        call(network, bell, peer)
        network.run(0.1)
        invite = peer.got("INVITE")[0]

        assert invite.headers.get("Session-Expires") == "1800"
        assert invite.min_se == 90
        assert "timer" in invite.supported

    def test_we_need_not(self, network: VirtualNetwork) -> None:
        bell = Agent(network, "bell", "192.0.2.1", Policy(session_interval=0))
        peer = Peer(network, "peer", "192.0.2.9")
        call(network, bell, peer)
        network.run(0.1)

        assert "Session-Expires" not in peer.got("INVITE")[0].headers

    def test_a_longer_minimum_is_asked_for_again(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        peer = Peer(network, "peer", "192.0.2.9")

        def refuse_brief(invite: Request, source: Source) -> None:
            if invite.min_se == 90:
                peer.respond(invite, source, 422, fields=(("Min-SE", "3600"),))
            else:
                peer.respond(invite, source, 200, body=sdp())

        peer.on("INVITE", refuse_brief)
        leg = call(network, bell, peer)
        network.run(0.1)

        assert leg.state is LegState.ESTABLISHED
        assert [
            (invite.cseq.number, invite.headers.get("Session-Expires"))
            for invite in peer.got("INVITE")
        ] == [(1, "1800"), (2, "3600")]

    @pytest.mark.parametrize("fields", [(), (("Min-SE", "99999999"),)])
    def test_a_refusal_that_makes_no_sense_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, fields: Fields
    ) -> None:
        peer = Peer(network, "peer", "192.0.2.9")
        peer.on("INVITE", lambda invite, source: peer.respond(invite, source, 422, fields=fields))
        call(network, bell, peer)
        network.run(0.1)

        assert bell.told(LegEnded)[0].status == 422

    @pytest.mark.parametrize(("refresher", "sent"), [("uac", 2), ("uas", 0)])
    def test_we_refresh_if_the_answer_says_so(
        self, network: VirtualNetwork, bell: Agent, refresher: str, sent: int
    ) -> None:
        peer = Peer(network, "peer", "192.0.2.9")
        expires = (("Session-Expires", f"120;refresher={refresher}"), ("Allow", "UPDATE"))
        peer.on(
            "INVITE",
            lambda invite, source: peer.respond(invite, source, 200, fields=expires, body=sdp()),
        )
        peer.on("UPDATE", lambda update, source: peer.respond(update, source, 200, fields=expires))
        peer.on("BYE", lambda bye, source: peer.respond(bye, source, 200))
        call(network, bell, peer)
        network.run(130)

        assert len(peer.got("UPDATE")) == sent
        assert len(bell.told(LegEnded)) == (0 if sent else 1)

    def test_a_malformed_timer_in_the_answer_is_no_timer(
        self, network: VirtualNetwork, bell: Agent
    ) -> None:
        peer = Peer(network, "peer", "192.0.2.9")
        fields = (("Session-Expires", "soon"), ("Min-SE", "never"))
        peer.on(
            "INVITE",
            lambda invite, source: peer.respond(invite, source, 200, fields=fields, body=sdp()),
        )
        leg = call(network, bell, peer)
        network.run(0.1)

        assert leg.state is LegState.ESTABLISHED
        assert leg.session.refresh.timer is None
