"""INVITE and other requests, from the client's side (RFC 3261 section 17.1, RFC 6026)."""

import pytest
from tests.support.sip_messages import a_request, an_answer
from tests.support.transactions import at, run_to_rest, sent_at

from umbel.sip.transaction.effects import Deliver, Send, TimedOut, TransportFailed
from umbel.sip.transaction.invite_client import InviteClientTransaction
from umbel.sip.transaction.machine import State
from umbel.sip.transaction.non_invite_client import NonInviteClientTransaction
from umbel.sip.transaction.timers import Timing

INVITE = a_request("INVITE", fields=(("Route", "<sip:192.0.2.10;lr>"), ("Subject", "greetings")))
OPTIONS = a_request("OPTIONS")


class TestInviteThatNobodyAnswers:
    def test_over_udp_it_is_sent_seven_times_in_32_seconds(self) -> None:
        """Timer A doubles without a limit; timer B ends it (section 17.1.1.2)."""
        invite = InviteClientTransaction(INVITE, is_reliable=False)
        log = run_to_rest(invite, invite.start(at(0)))

        assert sent_at(log) == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
        assert log[-1] == (32.0, TimedOut(INVITE))
        assert invite.is_terminated

    def test_over_a_stream_it_is_sent_once(self) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=True)
        log = run_to_rest(invite, invite.start(at(0)))

        assert log == [(0.0, Send(INVITE)), (32.0, TimedOut(INVITE))]

    def test_the_round_trip_is_a_setting(self) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=False, timing=Timing(t1=0.1))
        log = run_to_rest(invite, invite.start(at(0)))

        assert round(log[-1][0], 3) == 6.4


class TestInviteThatIsAnswered:
    def test_after_a_provisional_response_it_waits_without_end(self) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=False)
        invite.start(at(0))
        ringing = an_answer(INVITE, 180)

        assert invite.receive(ringing, at(1)) == [Deliver(ringing)]
        assert invite.receive(ringing, at(2)) == [Deliver(ringing)]
        assert (invite.state, invite.next_timeout) == (State.PROCEEDING, None)

    @pytest.mark.parametrize(("is_reliable", "lingers"), [(False, 32.0), (True, None)])
    def test_a_refusal_is_acknowledged_and_awaited_again_for_timer_d(
        self, is_reliable: bool, lingers: float | None
    ) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=is_reliable)
        invite.start(at(0))
        busy = an_answer(INVITE, 486)
        ack, delivered = invite.receive(busy, at(0))

        assert delivered == Deliver(busy)
        assert isinstance(ack, Send)
        assert invite.next_timeout == lingers
        assert invite.receive(busy, at(1)) == ([ack] if lingers else [])
        assert run_to_rest(invite) == []
        assert invite.is_terminated

    def test_timer_d_is_32_seconds_whatever_the_round_trip(self) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=False, timing=Timing(t1=0.1))
        invite.start(at(0))
        invite.receive(an_answer(INVITE, 486), at(0))

        assert invite.next_timeout == at(32)

    def test_the_ack_to_a_refusal_takes_the_way_of_its_invite(self) -> None:
        """Section 17.1.1.3: same Via, Route, From and Call-ID; To of the response; no body."""
        invite = InviteClientTransaction(INVITE, is_reliable=False)
        invite.start(at(0))
        effect = invite.receive(an_answer(INVITE, 486, to_tag="refuses"), at(0))[0]
        assert isinstance(effect, Send)
        ack = effect.message

        assert (ack.via, ack.from_, ack.call_id) == (INVITE.via, INVITE.from_, INVITE.call_id)
        assert (ack.cseq.number, ack.cseq.method) == (INVITE.cseq.number, "ACK")
        assert ack.to.tag == "refuses"
        assert ack.routes == INVITE.routes
        assert ack.headers.get("Subject") is None

    @pytest.mark.parametrize("is_reliable", [False, True])
    def test_every_2xx_is_delivered_until_timer_m(self, is_reliable: bool) -> None:
        """RFC 6026 section 7.1: repetitions and other branches of a fork."""
        invite = InviteClientTransaction(INVITE, is_reliable=is_reliable)
        invite.start(at(0))
        one, other = an_answer(INVITE, 200, to_tag="a"), an_answer(INVITE, 200, to_tag="b")

        assert invite.receive(one, at(0)) == [Deliver(one)]
        assert invite.receive(other, at(1)) == [Deliver(other)]
        assert invite.receive(an_answer(INVITE, 486), at(1)) == []
        assert invite.receive(an_answer(INVITE, 180), at(1)) == []
        assert invite.next_timeout == at(32)
        assert run_to_rest(invite) == []
        assert invite.is_terminated

    def test_a_provisional_response_after_a_refusal_is_nothing(self) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=False)
        invite.start(at(0))
        invite.receive(an_answer(INVITE, 486), at(0))

        assert invite.receive(an_answer(INVITE, 180), at(1)) == []
        assert invite.receive(an_answer(INVITE, 200), at(1)) == []


class TestInviteThatCannotBeSent:
    def test_fails_at_once(self) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=True)
        invite.start(at(0))

        assert invite.transport_failed("refused") == [TransportFailed(INVITE, "refused")]
        assert invite.is_terminated
        assert invite.transport_failed("refused") == []
        assert invite.next_timeout is None

    def test_is_no_failure_once_the_peer_was_heard(self) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=False)
        invite.start(at(0))
        invite.receive(an_answer(INVITE, 180), at(0))

        assert invite.transport_failed("unreachable") == []
        assert invite.state is State.PROCEEDING

    def test_when_it_is_the_ack_ends_silently(self) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=False)
        invite.start(at(0))
        invite.receive(an_answer(INVITE, 486), at(0))

        assert invite.transport_failed("unreachable") == []
        assert invite.is_terminated


class TestAbandonedInvite:
    def test_waits_for_nothing(self) -> None:
        invite = InviteClientTransaction(INVITE, is_reliable=False)
        invite.start(at(0))
        invite.abandon()

        assert invite.is_terminated
        assert invite.next_timeout is None


class TestRequestThatNobodyAnswers:
    def test_over_udp_it_is_sent_eleven_times_in_32_seconds(self) -> None:
        """Retransmissions back off from T1 to T2 until timer F (section 17.1.2.2)."""
        options = NonInviteClientTransaction(OPTIONS, is_reliable=False)
        log = run_to_rest(options, options.start(at(0)))

        assert sent_at(log) == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert log[-1] == (32.0, TimedOut(OPTIONS))

    def test_over_a_stream_it_is_sent_once(self) -> None:
        options = NonInviteClientTransaction(OPTIONS, is_reliable=True)
        log = run_to_rest(options, options.start(at(0)))

        assert log == [(0.0, Send(OPTIONS)), (32.0, TimedOut(OPTIONS))]

    def test_after_a_provisional_response_it_is_sent_every_t2(self) -> None:
        options = NonInviteClientTransaction(OPTIONS, is_reliable=False)
        options.start(at(0))
        trying = an_answer(OPTIONS, 100)

        assert options.receive(trying, at(0.1)) == [Deliver(trying)]
        log = run_to_rest(options)
        assert sent_at(log) == [0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
        assert log[-1] == (32.0, TimedOut(OPTIONS))


class TestRequestThatIsAnswered:
    @pytest.mark.parametrize(("is_reliable", "lingers"), [(False, 6.0), (True, None)])
    def test_repetitions_are_absorbed_for_timer_k(
        self, is_reliable: bool, lingers: float | None
    ) -> None:
        options = NonInviteClientTransaction(OPTIONS, is_reliable=is_reliable)
        options.start(at(0))
        answer = an_answer(OPTIONS, 200)

        assert options.receive(answer, at(1)) == [Deliver(answer)]
        assert options.receive(answer, at(2)) == []
        assert options.next_timeout == lingers
        assert run_to_rest(options) == []
        assert options.is_terminated

    def test_a_failure_to_send_does_not_matter_any_more(self) -> None:
        options = NonInviteClientTransaction(OPTIONS, is_reliable=False)
        options.start(at(0))
        options.receive(an_answer(OPTIONS, 200), at(1))

        assert options.transport_failed("unreachable") == []


class TestRequestThatCannotBeSent:
    def test_fails_at_once(self) -> None:
        options = NonInviteClientTransaction(OPTIONS, is_reliable=True)
        options.start(at(0))

        assert options.transport_failed("refused") == [TransportFailed(OPTIONS, "refused")]
        assert options.is_terminated
