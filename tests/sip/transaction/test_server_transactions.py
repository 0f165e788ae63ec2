"""INVITE and other requests, from the server's side (RFC 3261 section 17.2, RFC 6026)."""

import pytest
from tests.support.sip_messages import a_request, an_answer
from tests.support.transactions import at, run_to_rest, sent_at

from umbel.sip.transaction.effects import Deliver, Send, TimedOut, TransportFailed
from umbel.sip.transaction.invite_server import InviteServerTransaction
from umbel.sip.transaction.machine import State
from umbel.sip.transaction.non_invite_server import NonInviteServerTransaction

INVITE = a_request("INVITE")
ACK = a_request("ACK")
OPTIONS = a_request("OPTIONS")
TRYING, RINGING = an_answer(INVITE, 100), an_answer(INVITE, 180)
BUSY, OK = an_answer(INVITE, 486), an_answer(INVITE, 200)


class TestInviteThatIsBeingDecided:
    def test_repetitions_get_the_latest_provisional_response(self) -> None:
        invite = InviteServerTransaction(INVITE, is_reliable=False)

        assert invite.receive(INVITE, at(0)) == []
        assert invite.respond(TRYING, at(0)) == [Send(TRYING)]
        assert invite.receive(INVITE, at(1)) == [Send(TRYING)]
        assert invite.respond(RINGING, at(2)) == [Send(RINGING)]
        assert invite.receive(INVITE, at(3)) == [Send(RINGING)]
        assert invite.next_timeout is None

    def test_over_udp_a_failure_to_send_leaves_it_to_be_answered(self) -> None:
        """Figure 7 ends it, but the repeated INVITE would be taken for a second call then."""
        invite = InviteServerTransaction(INVITE, is_reliable=False)
        invite.respond(RINGING, at(0))

        assert invite.transport_failed("refused") == [TransportFailed(INVITE, "refused")]
        assert invite.receive(INVITE, at(0.5)) == [Send(RINGING)]
        assert invite.respond(OK, at(1)) == [Send(OK)]
        assert invite.state is State.ACCEPTED

    def test_over_a_stream_a_failure_to_send_ends_it(self) -> None:
        """The connection is gone, and no other could be opened to the caller."""
        invite = InviteServerTransaction(INVITE, is_reliable=True)
        invite.respond(RINGING, at(0))

        assert invite.transport_failed("gone") == [TransportFailed(INVITE, "gone")]
        assert invite.is_terminated

    def test_an_ack_means_nothing(self) -> None:
        invite = InviteServerTransaction(INVITE, is_reliable=False)

        assert invite.receive(ACK, at(0)) == []
        assert invite.state is State.PROCEEDING


class TestInviteThatIsRefused:
    def test_over_udp_the_refusal_is_repeated_until_timer_h(self) -> None:
        invite = InviteServerTransaction(INVITE, is_reliable=False)
        log = run_to_rest(invite, invite.respond(BUSY, at(0)))

        assert sent_at(log) == [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
        assert log[-1] == (32.0, TimedOut(INVITE))
        assert invite.is_terminated

    def test_over_a_stream_it_is_sent_once(self) -> None:
        invite = InviteServerTransaction(INVITE, is_reliable=True)
        log = run_to_rest(invite, invite.respond(BUSY, at(0)))

        assert log == [(0.0, Send(BUSY)), (32.0, TimedOut(INVITE))]

    @pytest.mark.parametrize(("is_reliable", "lingers"), [(False, 6.0), (True, None)])
    def test_the_ack_ends_the_repetitions_and_its_own_are_absorbed_for_timer_i(
        self, is_reliable: bool, lingers: float | None
    ) -> None:
        invite = InviteServerTransaction(INVITE, is_reliable=is_reliable)
        invite.respond(BUSY, at(0))

        assert invite.receive(INVITE, at(0.1)) == [Send(BUSY)]
        assert invite.receive(ACK, at(1)) == []
        assert invite.next_timeout == lingers
        assert invite.receive(ACK, at(2)) == []
        assert invite.receive(INVITE, at(2)) == []
        assert run_to_rest(invite) == []
        assert invite.is_terminated

    def test_a_second_answer_is_not_sent(self) -> None:
        invite = InviteServerTransaction(INVITE, is_reliable=False)
        invite.respond(BUSY, at(0))

        assert invite.respond(OK, at(1)) == []
        assert invite.respond(RINGING, at(1)) == []

    def test_over_udp_a_failure_to_send_is_made_good_by_timer_g(self) -> None:
        """Figure 7 ends it, but the repeated INVITE would be offered, and refused, once more."""
        invite = InviteServerTransaction(INVITE, is_reliable=False)
        log = run_to_rest(invite, [*invite.respond(BUSY, at(0)), *invite.transport_failed("lost")])

        assert sent_at(log)[:3] == [0, 0.5, 1.5]
        assert log[-1] == (32.0, TimedOut(INVITE))
        assert invite.transport_failed("lost") == []

    def test_over_a_stream_a_failure_to_send_ends_it(self) -> None:
        invite = InviteServerTransaction(INVITE, is_reliable=True)
        invite.respond(BUSY, at(0))

        assert invite.transport_failed("gone") == [TransportFailed(INVITE, "gone")]
        assert invite.is_terminated


class TestInviteThatIsAccepted:
    @pytest.mark.parametrize("is_reliable", [False, True])
    def test_repetitions_are_absorbed_and_the_transaction_user_repeats(
        self, is_reliable: bool
    ) -> None:
        """RFC 6026 section 7.1: the state Accepted, until timer L."""
        invite = InviteServerTransaction(INVITE, is_reliable=is_reliable)

        assert invite.respond(OK, at(0)) == [Send(OK)]
        assert invite.receive(INVITE, at(1)) == []
        assert invite.respond(OK, at(1)) == [Send(OK)]
        assert invite.respond(BUSY, at(1)) == []
        assert invite.receive(ACK, at(2)) == [Deliver(ACK)]
        assert invite.next_timeout == at(32)
        assert run_to_rest(invite) == []
        assert invite.is_terminated

    def test_a_failure_to_send_is_told_and_survived(self) -> None:
        invite = InviteServerTransaction(INVITE, is_reliable=True)
        invite.respond(OK, at(0))

        assert invite.transport_failed("gone") == [TransportFailed(INVITE, "gone")]
        assert invite.state is State.ACCEPTED


class TestRequest:
    def test_is_not_answered_before_the_transaction_user_does(self) -> None:
        options = NonInviteServerTransaction(OPTIONS, is_reliable=False)

        assert options.receive(OPTIONS, at(0)) == []
        assert options.state is State.TRYING

    def test_repetitions_get_the_latest_response(self) -> None:
        options = NonInviteServerTransaction(OPTIONS, is_reliable=False)
        trying, answer = an_answer(OPTIONS, 100), an_answer(OPTIONS, 200)

        assert options.respond(trying, at(0)) == [Send(trying)]
        assert options.receive(OPTIONS, at(1)) == [Send(trying)]
        assert options.respond(answer, at(2)) == [Send(answer)]
        assert options.receive(OPTIONS, at(3)) == [Send(answer)]
        assert options.respond(an_answer(OPTIONS, 500), at(4)) == []

    def test_over_udp_repetitions_are_answered_for_timer_j(self) -> None:
        options = NonInviteServerTransaction(OPTIONS, is_reliable=False)
        options.respond(an_answer(OPTIONS, 200), at(0))

        assert options.next_timeout == at(32)
        assert run_to_rest(options) == []
        assert options.is_terminated
        assert options.receive(OPTIONS, at(33)) == []

    def test_over_a_stream_it_is_over_at_once(self) -> None:
        options = NonInviteServerTransaction(OPTIONS, is_reliable=True)
        options.respond(an_answer(OPTIONS, 200), at(0))

        assert options.is_terminated
