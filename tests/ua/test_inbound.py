"""What we do with an INVITE of a peer (RFC 3261 sections 8.2 and 13.3)."""

from tests.support.calls import answering
from tests.support.scripted_peers import Caller, sdp
from tests.support.virtual_network import EMPTY, Agent, VirtualNetwork, local_media

from umbel.media.offer_answer import MediaSecurity
from umbel.sip.hop import Hop, Transport
from umbel.sip.uri import Uri
from umbel.ua import LegDirection, LegState
from umbel.ua.events import CallOffered, Established, LegEnded, MediaAgreed


class TestOffered:
    def test_100_goes_back_where_nothing_else_has_within_200_ms(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        """Section 17.2.1; before that the caller asks nothing again."""
        gray.request("INVITE", body=sdp())
        network.run(0.19)
        assert gray.answers() == []
        network.run(0.06)

        assert [answer.status for answer in gray.answers()] == [100]
        assert gray.answers()[0].to.tag is None

    def test_100_is_needless_where_the_answer_comes_sooner(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.request("INVITE", body=sdp())
        network.run(0.4)

        assert [answer.status for answer in gray.answers()] == [200]

    def test_the_application_sees_the_request_and_where_it_came_from(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        gray.request("INVITE", body=sdp(), fields=(("Subject", "greetings"),))
        network.run(0.1)
        offer = bell.told(CallOffered)[0]

        assert offer.request.headers.get("Subject") == "greetings"
        assert offer.source.address == gray.address
        assert offer.leg.direction is LegDirection.INBOUND
        assert not offer.leg.is_outbound
        assert offer.leg.remote.uri == gray.uri

    def test_180_names_us_and_is_repeated_each_minute(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.on(CallOffered, lambda offer: offer.leg.ring(network.now))
        gray.request("INVITE", body=sdp())
        network.run(121)

        ringing = [answer for answer in gray.answers() if answer.status == 180]
        assert len(ringing) == 3
        assert ringing[0].contacts[0].uri.host == bell.address
        assert ringing[0].to.tag is not None


class TestLost:
    def test_with_the_connection_where_no_other_leads_to_the_caller(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        """Otherwise it would be answered in vain, and its audio kept for 32 seconds."""
        gray.request("INVITE", body=sdp(), transport=Transport.TCP)
        network.run(0.1)
        network.refuses.add((gray.address, Transport.TCP))
        network.run(0.2)
        (ended,) = bell.told(LegEnded)
        bell.told(CallOffered)[0].leg.answer(local_media(), network.now)
        bell.settle()

        assert (ended.status, ended.by_peer) == (503, True)
        assert ended.reason == "192.0.2.3 refused the connection"
        assert network.log("bell") == []
        assert bell.gauges == EMPTY


class TestAnswered:
    def test_200_has_our_answer_and_our_abilities(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        answer = gray.call(sdp())

        assert answer.status == 200
        assert b"m=audio 20000 RTP/AVP 0 101" in answer.body
        assert answer.content_type == "application/sdp"
        assert {"INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "INFO"} <= set(answer.allow)
        assert answer.contacts[0].uri.user == "bell"
        assert [type(event) for event in bell.events[1:]] == [MediaAgreed, Established]

    def test_200_is_repeated_until_the_ack_comes(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        """T1 doubled up to T2, as section 13.3.1.4 has it."""
        answering(network, bell)
        answer = gray.ask("INVITE", body=sdp())
        gray.remote_tag = answer.to.tag
        network.run(10)
        gray.acknowledge()
        network.run(10)

        sent = [one.at for one in network.carried if one.what == "200 INVITE"]
        assert [round(at - sent[0], 1) for at in sent] == [0, 0.5, 1.5, 3.5, 7.5]
        assert bell.told(CallOffered)[0].leg.state is LegState.ESTABLISHED

    def test_200_is_repeated_over_a_connection_too(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.request("INVITE", body=sdp(), transport=Transport.TCP)
        network.run(2)

        assert network.log("bell").count("200 INVITE") == 3

    def test_without_an_ack_for_32_seconds_the_leg_ends_with_bye(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.on("BYE", lambda bye, source: gray.respond(bye, source, 200))
        gray.ask("INVITE", body=sdp())
        network.run_to_rest()

        ended = bell.told(LegEnded)[0]
        assert (ended.status, ended.reason, ended.by_peer) == (408, "no ACK to our 200", False)
        assert len(gray.got("BYE")) == 1
        assert network.log("bell").count("200 INVITE") == 11
        assert bell.gauges == EMPTY

    def test_an_ack_that_comes_twice_says_nothing_new(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.call(sdp())
        gray.acknowledge()

        assert len(bell.told(Established)) == 1

    def test_an_ack_in_a_dialog_that_is_gone_is_ignored(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        gray.remote_tag = "nobody"
        gray.acknowledge()

        assert network.log("bell") == []

    def test_the_offer_may_be_part_of_a_multipart_body(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        body = (
            b"--edge\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
            b"--edge\r\nContent-Type: application/sdp\r\n\r\n" + sdp() + b"\r\n--edge--\r\n"
        )
        answer = gray.ask("INVITE", body=body, content_type="multipart/mixed;boundary=edge")

        assert answer.status == 200

    def test_a_call_to_a_sips_uri_gets_a_sips_contact(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        request = gray.request("INVITE", body=sdp(), transport=Transport.TLS)
        secure = type(request)(
            method="INVITE",
            uri=Uri.parse("sips:bell@192.0.2.1"),
            headers=request.headers.copy(),
            body=request.body,
        )
        secure.headers.set("Via", "SIP/2.0/TLS 192.0.2.3:5061;branch=z9hG4bKsecure")
        secure.headers.set("Call-ID", "secure")
        gray.send(secure, bell_over_tls(bell))
        network.run(0.1)

        assert gray.answers("INVITE")[-1].contacts[0].uri.scheme == "sips"


class TestLateOffer:
    def test_we_offer_in_200_and_take_the_answer_from_the_ack(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        answer = gray.ask("INVITE")
        gray.remote_tag = answer.to.tag

        assert b"m=audio 20000" in answer.body
        assert bell.told(MediaAgreed) == []

        gray.acknowledge(sdp(41000))

        assert [type(event) for event in bell.events[1:]] == [MediaAgreed, Established]
        assert bell.told(MediaAgreed)[0].media.remote_port == 41000

    def test_an_ack_without_an_answer_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.on("BYE", lambda bye, source: gray.respond(bye, source, 200))
        gray.call(b"")
        network.run_to_rest()

        ended = bell.told(LegEnded)[0]
        assert (ended.status, ended.reason) == (488, "the ACK has no answer to our offer")
        assert len(gray.got("BYE")) == 1
        assert bell.gauges == EMPTY

    def test_an_answer_that_we_cannot_take_ends_the_call(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        gray.on("BYE", lambda bye, source: gray.respond(bye, source, 200))
        answer = gray.ask("INVITE")
        gray.remote_tag = answer.to.tag
        gray.acknowledge(b"v=0\r\nthis is no session description\r\n")
        network.run_to_rest()

        assert bell.told(LegEnded)[0].status == 400
        assert len(gray.got("BYE")) == 1
        assert bell.gauges == EMPTY


class TestRefused:
    def test_with_a_status_and_a_reason(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.on(
            CallOffered,
            lambda offer: offer.leg.reject(
                403, "no such gateway", network.now, (("X-Rule", "gateway"),)
            ),
        )
        answer = gray.ask("INVITE", body=sdp())

        assert answer.status == 403
        assert (answer.reasons[0].cause, answer.reasons[0].text) == (403, "no such gateway")
        assert answer.headers.get("X-Rule") == "gateway"
        ended = bell.told(LegEnded)[0]
        assert (ended.status, ended.reason, ended.by_peer) == (403, "no such gateway", False)

    def test_without_words_the_phrase_of_the_status_is_the_reason(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.on(CallOffered, lambda offer: offer.leg.reject(486, "", network.now))
        gray.ask("INVITE", body=sdp())

        assert bell.told(LegEnded)[0].reason == "Busy Here"

    def test_with_a_status_that_nobody_has_named(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.on(CallOffered, lambda offer: offer.leg.reject(499, "", network.now))
        gray.ask("INVITE", body=sdp())

        assert (bell.told(LegEnded)[0].status, bell.told(LegEnded)[0].reason) == (499, "499")

    def test_and_forgotten_after_its_ack(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.on(CallOffered, lambda offer: offer.leg.reject(486, "", network.now))
        invite = gray.request("INVITE", body=sdp())
        network.run(0.1)
        gray.request("ACK", number=1, branch=invite.via.branch)
        network.run_to_rest()

        assert network.log("bell") == ["486 INVITE"]
        assert bell.gauges == EMPTY

    def test_and_forgotten_without_an_ack_after_32_seconds(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.on(CallOffered, lambda offer: offer.leg.reject(486, "", network.now))
        gray.ask("INVITE", body=sdp())
        network.run_to_rest()

        assert network.log("bell").count("486 INVITE") == 11
        assert bell.gauges == EMPTY

    def test_by_sending_the_caller_elsewhere(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        elsewhere = Uri.parse("sip:strowger@192.0.2.77")
        bell.on(CallOffered, lambda offer: offer.leg.redirect(elsewhere, network.now))
        answer = gray.ask("INVITE", body=sdp())

        assert (answer.status, answer.contacts[0].uri) == (302, elsewhere)
        assert bell.told(LegEnded)[0].status == 302

    def test_because_the_offer_cannot_be_accepted(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        media = local_media(security=MediaSecurity.REQUIRED)
        bell.on(CallOffered, lambda offer: offer.leg.answer(media, network.now))
        answer = gray.ask("INVITE", body=sdp())

        assert answer.status == 488
        assert "not encrypted" in (answer.headers.get("Warning") or "")
        assert bell.told(LegEnded)[0].status == 488

    def test_because_the_offer_is_malformed(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        answer = gray.ask("INVITE", body=b"v=0\r\nno\r\n")

        assert answer.status == 400
        assert "SDP" in (answer.headers.get("Warning") or "")

    def test_because_no_new_calls_are_taken(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        bell.agent.is_accepting = False
        answer = gray.ask("INVITE", body=sdp())

        assert not bell.agent.is_accepting
        assert (answer.status, answer.headers.get("Retry-After")) == (503, "30")
        assert bell.events == []

    def test_because_the_body_is_of_another_kind(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answer = gray.ask("INVITE", body=b"<xml/>", content_type="application/xml")

        assert (answer.status, answer.headers.get("Accept")) == (415, "application/sdp")
        assert bell.told(CallOffered) == []

    def test_a_body_of_another_kind_that_is_optional_is_ignored(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        answering(network, bell)
        answer = gray.ask(
            "INVITE",
            body=b"<xml/>",
            content_type="application/xml",
            fields=(("Content-Disposition", "render;handling=optional"),),
        )

        assert answer.status == 200
        assert b"m=audio" in answer.body


class TestRepeated:
    def test_an_invite_is_offered_once_and_answered_each_time(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        for _ in range(3):
            gray.request("INVITE", body=sdp(), number=1)
            network.run(0.3)

        assert len(bell.told(CallOffered)) == 1
        assert network.log("bell") == ["100 INVITE"] * 3

    def test_by_two_ways_is_a_loop(
        self, network: VirtualNetwork, bell: Agent, gray: Caller
    ) -> None:
        """Section 8.2.2.2: a merged request is answered 482."""
        gray.request("INVITE", body=sdp(), number=1, branch="z9hG4bKone")
        gray.request("INVITE", body=sdp(), number=1, branch="z9hG4bKother")
        network.run(0.1)

        assert [answer.status for answer in gray.answers("INVITE")] == [482]
        assert len(bell.told(CallOffered)) == 1


def bell_over_tls(bell: Agent) -> Hop:
    return Hop(transport=Transport.TLS, address=bell.address, port=5061)
