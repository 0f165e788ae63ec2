"""What a user agent answers to the torture messages of RFC 4475 and RFC 5118."""

import pytest
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.torture.application import APPLICATION
from tests.support.torture.case import TortureCase
from tests.support.torture.invalid import INVALID
from tests.support.torture.ipv6 import IPV6
from tests.support.torture.valid import VALID

from umbel.core.instants import Instant
from umbel.sip.hop import Source, Transport
from umbel.sip.message import Response, parse_message
from umbel.ua import LocalAddress, LocalIdentity, UserAgent
from umbel.ua.events import CallOffered, Send

TRYING, OK = 100, 200

SOURCE = Source(
    transport=Transport.UDP,
    address="192.0.2.2",
    port=5060,
    local_address="192.0.2.1",
    local_port=5060,
)


def an_agent() -> UserAgent:
    """Make a user agent on UDP."""
    address = LocalAddress(transport=Transport.UDP, host="192.0.2.1", port=5060)
    return UserAgent(RepeatableRandomness(), LocalIdentity(addresses=(address,)))


def answers(agent: UserAgent, octets: bytes) -> list[Response]:
    """Give a datagram to *agent* and tell what it sends back, also where it takes its time."""
    agent.receive(octets, SOURCE, Instant(0.0))
    agent.handle_timeout(Instant(0.2))
    messages = [parse_message(one.data) for one in agent.take_effects() if isinstance(one, Send)]
    return [message for message in messages if isinstance(message, Response)]


def expected_of(case: TortureCase) -> list[int]:
    """Tell the statuses that answer a message."""
    if case.octets.startswith(b"SIP/"):
        return []
    if case.status is not None:
        return [case.status]
    if case.later is not None:
        return [case.later]
    return [TRYING if case.octets.startswith(b"INVITE") else OK]


@pytest.mark.parametrize(
    "case", [*VALID, *INVALID, *APPLICATION, *IPV6], ids=lambda case: case.name
)
class TestATortureMessage:
    def test_is_answered_as_the_rfc_says(self, case: TortureCase) -> None:
        assert [one.status for one in answers(an_agent(), case.octets)] == expected_of(case)

    def test_is_a_call_only_if_it_is_fine(self, case: TortureCase) -> None:
        agent = an_agent()
        agent.receive(case.octets, SOURCE, Instant(0.0))

        is_call = any(isinstance(event, CallOffered) for event in agent.take_events())

        assert is_call == (expected_of(case) == [TRYING])

    def test_does_not_disturb_the_next_call(self, case: TortureCase) -> None:
        agent = an_agent()
        answers(agent, case.octets)
        invite = next(case.octets for case in VALID if case.name == "esc01")

        assert [one.status for one in answers(agent, invite.replace(b"i: esc01", b"i: next"))] == [
            TRYING
        ]
