"""Whatever comes in whatever state: a machine stays in a state of its figure and comes to rest."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable
from tests.support.sip_messages import a_request, an_answer
from tests.support.transactions import at

from umbel.core.instants import Instant
from umbel.sip.transaction.effects import Deliver, Effect, TimedOut, TransportFailed
from umbel.sip.transaction.invite_client import InviteClientTransaction
from umbel.sip.transaction.invite_server import InviteServerTransaction
from umbel.sip.transaction.machine import State, Transaction
from umbel.sip.transaction.non_invite_client import NonInviteClientTransaction
from umbel.sip.transaction.non_invite_server import NonInviteServerTransaction

Input = str
STATUSES = (100, 180, 200, 302, 404, 486, 503, 603)
INPUTS: tuple[Input, ...] = (
    *map(str, STATUSES),
    "request",
    "ACK",
    "transport failed",
    "a moment",
    "a minute",
)

INVITE_CLIENT = {State.CALLING, State.PROCEEDING, State.COMPLETED, State.ACCEPTED}
INVITE_SERVER = {State.PROCEEDING, State.COMPLETED, State.CONFIRMED, State.ACCEPTED}
NON_INVITE = {State.TRYING, State.PROCEEDING, State.COMPLETED}

MACHINES: dict[str, tuple[Callable[[bool], Transaction], set[State]]] = {
    "INVITE client": (
        lambda reliable: InviteClientTransaction(a_request("INVITE"), is_reliable=reliable),
        INVITE_CLIENT,
    ),
    "INVITE server": (
        lambda reliable: InviteServerTransaction(a_request("INVITE"), is_reliable=reliable),
        INVITE_SERVER,
    ),
    "non-INVITE client": (
        lambda reliable: NonInviteClientTransaction(a_request("OPTIONS"), is_reliable=reliable),
        NON_INVITE,
    ),
    "non-INVITE server": (
        lambda reliable: NonInviteServerTransaction(a_request("OPTIONS"), is_reliable=reliable),
        NON_INVITE,
    ),
}


class Life:
    """One machine that is fed inputs."""

    def __init__(self, name: str, *, is_reliable: bool) -> None:
        make, self.states = MACHINES[name]
        self.machine = make(is_reliable)
        self.now = at(0)
        self.effects: list[Effect] = []
        if isinstance(self.machine, InviteClientTransaction | NonInviteClientTransaction):
            self.effects += self.machine.start(self.now)

    def feed(self, given: Input) -> None:
        match given:
            case "a moment" | "a minute":
                self.now = Instant(self.now + (0.6 if given == "a moment" else 60))
                self.effects += self.machine.handle_timeout(self.now)
            case "transport failed":
                self.effects += self.machine.transport_failed("broken")
            case "request" | "ACK":
                self._receive(given)
            case status:
                self._answer(int(status))
        if self.machine.is_terminated:
            assert self.machine.next_timeout is None

    def _receive(self, given: str) -> None:
        request = self.machine.request
        if isinstance(self.machine, InviteServerTransaction):
            message = a_request("ACK") if given == "ACK" else request
            self.effects += self.machine.receive(message, self.now)
        elif isinstance(self.machine, NonInviteServerTransaction):
            self.effects += self.machine.receive(request, self.now)

    def _answer(self, status: int) -> None:
        answer = an_answer(self.machine.request, status)
        match self.machine:
            case InviteClientTransaction() | NonInviteClientTransaction():
                self.effects += self.machine.receive(answer, self.now)
            case InviteServerTransaction() | NonInviteServerTransaction():
                self.effects += self.machine.respond(answer, self.now)
            case _:
                raise AssertionError(self.machine)

    def endings(self) -> list[Effect]:
        """Give what ends a request, seen by its transaction user."""
        return [
            effect
            for effect in self.effects
            if isinstance(effect, TimedOut | TransportFailed)
            or (isinstance(effect, Deliver) and getattr(effect.message, "status", 0) >= 200)
        ]


WAYS_INTO_EACH_STATE: dict[str, dict[State, list[Input]]] = {
    "INVITE client": {
        State.CALLING: [],
        State.PROCEEDING: ["180"],
        State.COMPLETED: ["486"],
        State.ACCEPTED: ["200"],
        State.TERMINATED: ["a minute"],
    },
    "INVITE server": {
        State.PROCEEDING: ["180"],
        State.COMPLETED: ["486"],
        State.CONFIRMED: ["486", "ACK"],
        State.ACCEPTED: ["200"],
        State.TERMINATED: ["486", "a minute"],
    },
    "non-INVITE client": {
        State.TRYING: [],
        State.PROCEEDING: ["100"],
        State.COMPLETED: ["404"],
        State.TERMINATED: ["a minute"],
    },
    "non-INVITE server": {
        State.TRYING: [],
        State.PROCEEDING: ["100"],
        State.COMPLETED: ["404"],
        State.TERMINATED: ["404", "a minute"],
    },
}


class TestEveryStateAndInput:
    @pytest.mark.parametrize("given", INPUTS)
    @pytest.mark.parametrize(
        ("name", "state"),
        [(name, state) for name, ways in WAYS_INTO_EACH_STATE.items() for state in ways],
    )
    def test_leads_to_a_state_of_the_figure(self, name: str, state: State, given: Input) -> None:
        life = Life(name, is_reliable=False)
        for before in WAYS_INTO_EACH_STATE[name][state]:
            life.feed(before)
        assert life.machine.state is state

        life.feed(given)

        assert life.machine.state in life.states | {State.TERMINATED}


class TestEveryLife:
    @repeatable
    @given(
        name=st.sampled_from(sorted(MACHINES)),
        is_reliable=st.booleans(),
        inputs=st.lists(st.sampled_from(INPUTS), max_size=12),
    )
    def test_stays_within_the_figure(
        self, name: str, is_reliable: bool, inputs: list[Input]
    ) -> None:
        life = Life(name, is_reliable=is_reliable)
        for given_input in inputs:
            life.feed(given_input)

        assert life.machine.state in life.states | {State.TERMINATED}

    @repeatable
    @given(
        name=st.sampled_from(["INVITE client", "non-INVITE client"]),
        is_reliable=st.booleans(),
        inputs=st.lists(st.sampled_from(INPUTS), max_size=12),
    )
    def test_of_a_client_ends_once_for_its_user_but_for_2xx_to_invite(
        self, name: str, is_reliable: bool, inputs: list[Input]
    ) -> None:
        life = Life(name, is_reliable=is_reliable)
        for given_input in [*inputs, "200", "a minute"]:
            life.feed(given_input)

        endings = life.endings()
        assert len(endings) == 1 or all(
            isinstance(one, Deliver) and getattr(one.message, "status", 0) == 200 for one in endings
        )
        assert life.machine.is_terminated
