"""All transactions of a user agent, and the messages that find them (RFC 3261 section 17)."""

from dataclasses import replace

import pytest
from tests.support.sip_messages import HOP, STREAM_HOP, a_request, an_answer, source
from tests.support.transactions import at

from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request, Response, parse_message
from umbel.sip.transaction.effects import (
    AckArrived,
    LayerEffect,
    RequestArrived,
    ResponseArrived,
    TransactionEnded,
    Transmit,
    Unanswered,
)
from umbel.sip.transaction.layer import TransactionLayer
from umbel.sip.transaction.matching import client_key

HERE = source()
CONNECTED = source(Transport.TCP, connection="c1")


@pytest.fixture
def layer() -> TransactionLayer:
    return TransactionLayer()


def arrived(effects: list[LayerEffect]) -> RequestArrived:
    (effect,) = effects
    assert isinstance(effect, RequestArrived)
    return effect


def transmitted(effects: list[LayerEffect]) -> list[Request | Response]:
    return [parse_message(one.data) for one in effects if isinstance(one, Transmit)]


def to_rest(layer: TransactionLayer) -> list[LayerEffect]:
    effects: list[LayerEffect] = []
    while (due := layer.next_timeout) is not None:
        effects += layer.handle_timeout(due)
    return effects


class TestClient:
    def test_sends_repeats_and_gives_up(self, layer: TransactionLayer) -> None:
        request = a_request("OPTIONS")
        first = layer.request(request, HOP, at(0))
        later = to_rest(layer)
        key = client_key(request)

        assert first == [Transmit(data=bytes(request), hop=HOP, key=key)]
        assert len(transmitted(later)) == 10
        assert later[-2:] == [
            Unanswered(key=key, status=408, reason="no answer"),
            TransactionEnded(key=key),
        ]
        assert len(layer) == 0

    def test_delivers_the_response_that_belongs_to_it(self, layer: TransactionLayer) -> None:
        request = a_request("OPTIONS")
        layer.request(request, HOP, at(0))
        answer = an_answer(request, 200)

        assert layer.receive(answer, HERE, at(1)) == [
            ResponseArrived(key=client_key(request), response=answer, source=HERE)
        ]
        assert to_rest(layer) == [TransactionEnded(key=client_key(request))]

    def test_a_response_to_nothing_is_dropped(self, layer: TransactionLayer) -> None:
        assert layer.receive(an_answer(a_request("OPTIONS"), 200), HERE, at(0)) == []

    def test_a_failure_to_send_counts_as_503(self, layer: TransactionLayer) -> None:
        request = a_request("INVITE")
        layer.request(request, STREAM_HOP, at(0))
        key = client_key(request)

        assert layer.send_failed(key, "refused") == [
            Unanswered(key=key, status=503, reason="refused"),
            TransactionEnded(key=key),
        ]
        assert layer.send_failed(key, "refused") == []

    def test_cancel_is_a_transaction_of_its_own_on_the_same_way(
        self, layer: TransactionLayer
    ) -> None:
        invite = a_request("INVITE", fields=(("Route", "<sip:192.0.2.10;lr>"),))
        layer.request(invite, HOP, at(0))
        reason = ("Reason", "SIP;cause=487")
        (sent,) = layer.cancel(client_key(invite), (reason,), at(1))
        assert isinstance(sent, Transmit)
        cancel = parse_message(sent.data)

        assert isinstance(cancel, Request)
        assert (cancel.method, cancel.uri, sent.hop) == ("CANCEL", invite.uri, HOP)
        assert (cancel.via.branch, cancel.cseq.number) == (invite.via.branch, invite.cseq.number)
        assert cancel.headers.get("Reason") == "SIP;cause=487"
        assert cancel.routes == invite.routes
        assert len(layer) == 2

        answer = an_answer(cancel, 200)
        assert layer.receive(answer, HERE, at(2)) == [
            ResponseArrived(key=sent.key, response=answer, source=HERE)
        ]

    def test_cancel_and_abandon_of_what_is_over_do_nothing(self, layer: TransactionLayer) -> None:
        options = a_request("OPTIONS")
        layer.request(options, HOP, at(0))

        assert layer.cancel("nothing", (), at(0)) == []
        assert layer.abandon("nothing") == []
        assert layer.abandon(client_key(options)) == []

    def test_abandon_forgets_an_invite(self, layer: TransactionLayer) -> None:
        invite = a_request("INVITE")
        layer.request(invite, HOP, at(0))

        assert layer.abandon(client_key(invite)) == [TransactionEnded(key=client_key(invite))]
        assert (len(layer), layer.next_timeout) == (0, None)

    def test_a_response_never_answers_a_request_of_the_peer(self, layer: TransactionLayer) -> None:
        layer.receive(a_request("OPTIONS"), HERE, at(0))

        assert layer.receive(an_answer(a_request("OPTIONS"), 200), HERE, at(0)) == []


class TestServer:
    @pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
    def test_a_request_is_told_once_however_often_it_comes(
        self, layer: TransactionLayer, method: str
    ) -> None:
        request = a_request(method)
        arrival = arrived(layer.receive(request, HERE, at(0)))

        assert (arrival.request, arrival.source, arrival.is_merged) == (request, HERE, False)
        assert layer.receive(a_request(method), HERE, at(1)) == []

        answer = an_answer(request, 200)
        (sent,) = layer.respond(arrival.key, answer, at(2))
        assert isinstance(sent, Transmit)
        assert sent.data == bytes(answer)
        repeated = layer.receive(a_request(method), HERE, at(3))
        assert repeated == ([] if method == "INVITE" else [sent])

    def test_over_a_stream_the_transaction_ends_with_its_answer(
        self, layer: TransactionLayer
    ) -> None:
        arrival = arrived(layer.receive(a_request("OPTIONS"), CONNECTED, at(0)))
        effects = layer.respond(arrival.key, an_answer(arrival.request, 200), at(0))

        assert effects[-1] == TransactionEnded(key=arrival.key)
        assert len(layer) == 0
        assert layer.respond(arrival.key, an_answer(arrival.request, 200), at(0)) == []

    def test_an_ack_to_a_refusal_is_the_business_of_the_transaction(
        self, layer: TransactionLayer
    ) -> None:
        arrival = arrived(layer.receive(a_request("INVITE"), HERE, at(0)))
        layer.respond(arrival.key, an_answer(arrival.request, 486), at(0))

        assert layer.receive(a_request("ACK"), HERE, at(1)) == []
        assert to_rest(layer) == [TransactionEnded(key=arrival.key)]

    @pytest.mark.parametrize("branch", ["z9hG4bKanother", "z9hG4bK776asdhds"])
    def test_an_ack_to_a_2xx_is_the_business_of_its_user(
        self, layer: TransactionLayer, branch: str
    ) -> None:
        """It has a branch of its own; some peers repeat that of the INVITE."""
        arrival = arrived(layer.receive(a_request("INVITE"), HERE, at(0)))
        layer.respond(arrival.key, an_answer(arrival.request, 200), at(0))
        ack = a_request("ACK", branch=branch)

        assert layer.receive(ack, HERE, at(1)) == [AckArrived(request=ack, source=HERE)]

    def test_a_cancel_names_the_invite_that_it_means(self, layer: TransactionLayer) -> None:
        invite = arrived(layer.receive(a_request("INVITE"), HERE, at(0)))
        cancel = a_request("CANCEL")
        other = a_request("CANCEL", branch="z9hG4bKother")

        assert arrived(layer.receive(cancel, HERE, at(1))).key != invite.key
        assert layer.invite_cancelled_by(cancel) == invite.key
        assert layer.invite_cancelled_by(other) is None

    def test_the_same_branch_of_another_sender_is_another_transaction(
        self, layer: TransactionLayer
    ) -> None:
        via = "SIP/2.0/UDP {}:5060;branch=z9hG4bKsame"
        one = arrived(layer.receive(a_request(via=via.format("a.example.org")), HERE, at(0)))
        other = a_request(via=via.format("b.example.org"), number=2)

        assert arrived(layer.receive(other, HERE, at(0))).key != one.key

    def test_a_request_that_came_by_another_way_is_merged(self, layer: TransactionLayer) -> None:
        layer.receive(a_request("INVITE", branch="z9hG4bKone"), HERE, at(0))
        other = a_request("INVITE", branch="z9hG4bKother")

        assert arrived(layer.receive(other, HERE, at(0))).is_merged

    def test_a_request_in_a_dialog_is_never_merged(self, layer: TransactionLayer) -> None:
        for branch in ("z9hG4bKone", "z9hG4bKother"):
            request = a_request("INVITE", branch=branch, to="<sip:bell@example.org>;tag=1")
            assert not arrived(layer.receive(request, HERE, at(0))).is_merged

    def test_what_was_merged_is_forgotten_with_the_first(self, layer: TransactionLayer) -> None:
        first = arrived(layer.receive(a_request(branch="z9hG4bKone"), CONNECTED, at(0)))
        layer.respond(first.key, an_answer(first.request, 200), at(0))
        again = a_request(branch="z9hG4bKother")

        assert not arrived(layer.receive(again, CONNECTED, at(0))).is_merged

    def test_an_invite_is_answered_on_though_a_180_could_not_be_sent_by_udp(
        self, layer: TransactionLayer
    ) -> None:
        """Nobody needs to be told: the caller asks again, and hears what it missed."""
        arrival = arrived(layer.receive(a_request("INVITE"), HERE, at(0)))
        ringing = layer.respond(arrival.key, an_answer(arrival.request, 180), at(0))

        assert layer.send_failed(arrival.key, "refused") == []
        assert layer.receive(a_request("INVITE"), HERE, at(0.5)) == ringing
        (sent,) = layer.respond(arrival.key, an_answer(arrival.request, 200), at(1))
        assert isinstance(sent, Transmit)

    def test_an_answer_to_another_request_that_cannot_be_sent_ends_its_transaction(
        self, layer: TransactionLayer
    ) -> None:
        """Section 17.2.2; unlike a call, nobody works on it any more whom that would leave alone."""
        arrival = arrived(layer.receive(a_request("OPTIONS"), HERE, at(0)))
        layer.respond(arrival.key, an_answer(arrival.request, 200), at(0))

        assert layer.send_failed(arrival.key, "gone") == [TransactionEnded(key=arrival.key)]


class TestPeersOfRfc2543:
    """Without the magic cookie, transactions are matched by what the requests say (17.2.3)."""

    VIA = "SIP/2.0/UDP 192.0.2.2:5060"

    @pytest.mark.parametrize("via", [VIA, VIA + ";branch=1"])
    def test_repetitions_acks_and_cancels_find_their_invite(
        self, layer: TransactionLayer, via: str
    ) -> None:
        arrival = arrived(layer.receive(a_request("INVITE", via=via), HERE, at(0)))

        assert layer.receive(a_request("INVITE", via=via), HERE, at(0)) == []
        assert layer.invite_cancelled_by(a_request("CANCEL", via=via)) == arrival.key
        layer.respond(arrival.key, an_answer(arrival.request, 486), at(0))
        ack = a_request("ACK", via=via, to="<sip:bell@example.org>;tag=a6c85cf")
        assert layer.receive(ack, HERE, at(0)) == []

    def test_another_number_is_another_request(self, layer: TransactionLayer) -> None:
        one = arrived(layer.receive(a_request("INVITE", via=self.VIA), HERE, at(0)))
        other = a_request("INVITE", via=self.VIA, number=2)

        assert arrived(layer.receive(other, HERE, at(0))).key != one.key


class TestReturnPath:
    """Section 18.2 and RFC 3581."""

    def sent_to(self, layer: TransactionLayer, via: str, where: Source) -> Hop:
        arrival = arrived(layer.receive(a_request(via=via), where, at(0)))
        (sent, *_) = layer.respond(arrival.key, an_answer(arrival.request, 200), at(0))
        assert isinstance(sent, Transmit)
        return sent.hop

    def test_over_udp_leads_to_the_port_in_the_via(self, layer: TransactionLayer) -> None:
        hop = self.sent_to(layer, "SIP/2.0/UDP nat.example:5070;branch=z9hG4bK1", HERE)

        assert hop == Hop(
            transport=Transport.UDP, address="192.0.2.2", port=5070, local=("192.0.2.1", 5060)
        )

    def test_over_udp_leads_to_5060_where_the_via_has_no_port(
        self, layer: TransactionLayer
    ) -> None:
        hop = self.sent_to(layer, "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1", HERE)

        assert hop.port == 5060

    def test_over_udp_leads_to_where_it_came_from_if_the_peer_wants(
        self, layer: TransactionLayer
    ) -> None:
        request = a_request(via="SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK1")
        layer.receive(request, HERE, at(0))

        assert (request.via.received, request.via.rport) == ("192.0.2.2", 40000)
        hop = self.sent_to(layer, "SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK2", HERE)
        assert (hop.address, hop.port) == ("192.0.2.2", 40000)

    @pytest.mark.parametrize(
        ("group", "address"),
        [("224.0.1.75", "224.0.1.75"), ("192.0.2.55", "192.0.2.2"), ("example.org", "192.0.2.2")],
    )
    def test_over_udp_leads_to_maddr_if_that_is_a_group(
        self, layer: TransactionLayer, group: str, address: str
    ) -> None:
        """Otherwise a peer could have us send to whomever it likes."""
        via = f"SIP/2.0/UDP 192.0.2.2:5060;maddr={group};branch=z9hG4bK1"

        assert self.sent_to(layer, via, HERE).address == address

    @pytest.mark.parametrize(
        "via",
        ["192.0.2.2:5070", "192.0.2.2:5070;rport", "192.0.2.2;maddr=224.0.1.75"],
    )
    def test_over_udp_begins_where_the_request_came_to(
        self, layer: TransactionLayer, via: str
    ) -> None:
        """RFC 3581 section 4; of several listeners it is the one that was asked."""
        hop = self.sent_to(layer, f"SIP/2.0/UDP {via};branch=z9hG4bK1", HERE)

        assert hop.local == ("192.0.2.1", 5060)

    def test_over_a_stream_is_the_connection(self, layer: TransactionLayer) -> None:
        hop = self.sent_to(layer, "SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1", CONNECTED)

        assert hop == Hop(transport=Transport.TCP, address="192.0.2.2", port=5060, connection="c1")

    @pytest.mark.parametrize(
        ("host", "received"),
        [("192.0.2.2", None), ("client.example.org", "192.0.2.2"), ("10.0.0.1", "192.0.2.2")],
    )
    def test_received_is_noted_where_the_via_says_otherwise(
        self, layer: TransactionLayer, host: str, received: str | None
    ) -> None:
        request = a_request(via=f"SIP/2.0/UDP {host};branch=z9hG4bK1")
        layer.receive(request, HERE, at(0))

        assert request.via.received == received

    def test_the_vias_of_proxies_stay_as_they_are(self, layer: TransactionLayer) -> None:
        via = "SIP/2.0/UDP a.example.org;branch=z9hG4bK1, SIP/2.0/TCP b.example.org;branch=2"
        request = a_request(via=via)
        request.headers.add("Via", "SIP/2.0/TLS c.example.org;branch=3")
        layer.receive(request, replace(HERE, address="2001:db8::1"), at(0))

        assert [one.host for one in request.vias] == [
            "a.example.org",
            "b.example.org",
            "c.example.org",
        ]
        assert request.via.received == "2001:db8::1"
        assert request.vias[1].branch == "2"


class TestAConnectionThatCloses:
    def test_leaves_the_request_that_it_carried_last_without_an_answer(
        self, layer: TransactionLayer
    ) -> None:
        """Waiting out Timer F for a peer that has left would only cost the caller time."""
        request, other = a_request("REFER"), a_request("OPTIONS", branch="z9hG4bKother")
        for asked, connection in ((request, "c1"), (other, "c2")):
            layer.request(asked, STREAM_HOP, at(0))
            layer.carried(client_key(asked), connection)

        assert layer.unanswered_on("c1") == [client_key(request)]

    def test_does_not_matter_to_one_that_was_heard(self, layer: TransactionLayer) -> None:
        """The final answer may come by another connection (section 18.2.2)."""
        invite = a_request("INVITE")
        layer.request(invite, STREAM_HOP, at(0))
        layer.carried(client_key(invite), "c1")
        layer.receive(an_answer(invite, 100), CONNECTED, at(1))

        assert layer.unanswered_on("c1") == []

    def test_does_not_matter_to_what_was_asked_of_us(self, layer: TransactionLayer) -> None:
        key = arrived(layer.receive(a_request("OPTIONS"), CONNECTED, at(0))).key
        layer.carried(key, "c1")

        assert layer.unanswered_on("c1") == []
