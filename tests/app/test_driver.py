"""Between the user agent and the world: all it asks for is done, and no failure passes unheard."""

import asyncio

import pytest
from tests.support.repeatable_randomness import RepeatableRandomness
from tests.support.sip_messages import a_request, source
from tests.support.told import Told
from tests.support.virtual_network import local_media
from tests.support.virtual_time import LoopClock, in_virtual_time

from umbel.app.driver import AFTER_A_FAULT, Driver
from umbel.app.faults import Faults
from umbel.core import event_catalogue as catalogue
from umbel.core.errors import PeerError, Unavailable
from umbel.core.identifiers import Randomness
from umbel.core.instants import Instant
from umbel.sip.address import Address
from umbel.sip.hop import Hop, Source, Transport
from umbel.sip.message import Request, Response, parse_message
from umbel.sip.uri import Uri
from umbel.ua import LocalAddress, LocalIdentity, UserAgent
from umbel.ua.events import CallOffered, Event, LegEnded, PeerMisbehaved
from umbel.ua.ready_answers import ReadyAnswer

US = LocalIdentity(
    addresses=(LocalAddress(transport=Transport.UDP, host="192.0.2.1", port=5060),), user="umbel"
)
GRAY = Uri.parse("sip:gray@example.net")
HOP = Hop(transport=Transport.UDP, address="192.0.2.2", port=5060)


class Sockets:
    """Keeps what is sent, and when; fails as a test says."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.sent: list[tuple[float, Request | Response]] = []
        self.answered: list[tuple[Source, int]] = []
        self.welcomed: list[Source] = []
        self.waits = True

    async def send(self, data: bytes, hop: Hop) -> str:
        if self.failure is not None:
            raise self.failure
        self.sent.append((LoopClock().now(), parse_message(data)))
        return "c1"

    def send_at_once(self, data: bytes, hop: Hop) -> str | None:
        if self.waits:
            return None
        if self.failure is not None:
            raise self.failure
        self.sent.append((LoopClock().now(), parse_message(data)))
        return ""

    def answer(self, data: bytes, source: Source, port: int) -> None:
        if self.failure is not None:
            raise self.failure
        self.sent.append((LoopClock().now(), parse_message(data)))
        self.answered.append((source, port))

    def welcome(self, source: Source) -> None:
        self.welcomed.append(source)

    @property
    def lines(self) -> list[str]:
        return [
            message.method if isinstance(message, Request) else str(message.status)
            for _at, message in self.sent
        ]


class Names:
    """Leads every name to one hop, unless a test says otherwise."""

    def __init__(self) -> None:
        self.failure: Exception | None = None

    async def resolve(self, uri: Uri) -> list[Hop]:
        await asyncio.sleep(1)
        if self.failure is not None:
            raise self.failure
        return [HOP]


class FailingAtTimers(UserAgent):
    """A user agent with a fault in what it does when time has passed."""

    def handle_timeout(self, now: Instant) -> None:
        raise ZeroDivisionError("as the test wants it")


class Reserved(UserAgent):
    """A user agent that knows nobody."""

    def __init__(self, randomness: Randomness, identity: LocalIdentity) -> None:
        super().__init__(randomness, identity, knows=lambda _source: "nobody is known")


class Confused(UserAgent):
    """A user agent with a fault in its ready answers."""

    def ready_answer(self, data: bytes, source: Source, now: Instant) -> ReadyAnswer | None:
        raise ZeroDivisionError("as the test wants it")


class World:
    """A driver with everything around it."""

    def __init__(self, agent: type[UserAgent] = UserAgent) -> None:
        self.sockets, self.names, self.told = Sockets(), Names(), Told()
        self.events: list[Event] = []
        clock = LoopClock()
        self.driver = Driver(
            agent(RepeatableRandomness(), US),
            self.sockets,
            self.names,
            clock=clock,
            faults=Faults(self.told, clock),
            on_event=self.take,
        )

    def take(self, event: Event) -> None:
        self.events.append(event)

    def call(self) -> None:
        """Call Gray."""
        us = Address(uri=Uri.parse("sip:umbel@192.0.2.1"))
        self.driver.agent.call(GRAY, local_media(), us, self.driver.now())
        self.driver.settle()

    @property
    def ending(self) -> LegEnded:
        (ended,) = [event for event in self.events if isinstance(event, LegEnded)]
        return ended


class Answering(World):
    """Answers each call while it is being told of it, as an application does."""

    def take(self, event: Event) -> None:
        super().take(event)
        if isinstance(event, CallOffered):
            event.leg.ring(self.driver.now())
            event.leg.answer(local_media(), self.driver.now())
            self.driver.settle()


def an_invite() -> bytes:
    return bytes(a_request("INVITE", fields=(("Contact", "<sip:gray@192.0.2.2>"),)))


class TestAMessage:
    @in_virtual_time
    async def test_is_taken_and_answered(self) -> None:
        world = World()
        world.driver.receive(an_invite(), source())
        await asyncio.sleep(0.3)

        assert world.sockets.lines == ["100"]
        assert [type(event) for event in world.events] == [CallOffered]

    @in_virtual_time
    async def test_is_answered_in_order_by_whoever_is_told_of_it(self) -> None:
        world = Answering()
        world.driver.receive(an_invite(), source())
        await asyncio.sleep(0.1)

        assert world.sockets.lines == ["180", "200"]

    @pytest.mark.parametrize("message", [an_invite(), bytes(a_request())])
    @in_virtual_time
    async def test_that_is_let_in_makes_its_sender_welcome(self, message: bytes) -> None:
        world, stranger = World(), World(Reserved)
        world.driver.receive(message, source())
        stranger.driver.receive(message, source())

        assert world.sockets.welcomed == [source()]
        assert stranger.sockets.welcomed == []

    @in_virtual_time
    async def test_that_is_none_is_told(self) -> None:
        world = World()
        world.driver.refuse(b"\x16\x03\x01", source(), PeerError("byte 0: found TLS"))
        await asyncio.sleep(0.1)

        assert [type(event) for event in world.events] == [PeerMisbehaved]

    @in_virtual_time
    async def test_is_sent_again_until_somebody_answers(self) -> None:
        """RFC 3261 section 17.1.1.2: Timer A doubles, Timer B gives up after 32 seconds."""
        world = World()
        world.call()
        await asyncio.sleep(60)

        intervals = [round(at - 1, 2) for at, _message in world.sockets.sent]
        assert intervals == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
        assert world.ending.status == 408


class TestOptions:
    @in_virtual_time
    async def test_are_answered_before_the_loop_goes_on(self) -> None:
        world = World()
        world.driver.receive(bytes(a_request()), source())

        assert world.sockets.lines == ["200"]
        assert world.sockets.answered == [(source(), 5060)]
        assert world.driver.agent.transactions == 0
        assert world.driver.agent.next_timeout is None

    @in_virtual_time
    async def test_that_cannot_be_answered_are_no_fault(self) -> None:
        world = World()
        world.sockets.failure = Unavailable("nobody is there")
        world.driver.receive(bytes(a_request()), source())
        await asyncio.sleep(0.1)

        assert world.sockets.lines == []
        assert world.told.kinds == []

    @in_virtual_time
    async def test_take_the_ordinary_way_past_a_fault(self) -> None:
        world = World(Confused)
        world.driver.receive(bytes(a_request()), source())
        await asyncio.sleep(0.1)

        assert world.sockets.lines == ["200"]
        assert world.sockets.answered == []
        assert world.told.kinds == [catalogue.FAULT]


class TestSendingAtOnce:
    @in_virtual_time
    async def test_needs_no_turn_of_the_loop(self) -> None:
        world = Answering()
        world.sockets.waits = False
        world.driver.receive(an_invite(), source())

        assert world.sockets.lines == ["180", "200"]

    @pytest.mark.parametrize(
        ("failure", "is_fault"),
        [(Unavailable("nobody is there"), False), (ZeroDivisionError("as wanted"), True)],
    )
    @in_virtual_time
    async def test_that_fails_ends_the_call(self, failure: Exception, *, is_fault: bool) -> None:
        world = World()
        world.sockets.waits, world.sockets.failure = False, failure
        world.call()
        await asyncio.sleep(2)

        assert world.ending.status == 503
        assert (catalogue.FAULT in world.told.kinds) is is_fault


class TestSendingThatFails:
    @in_virtual_time
    async def test_ends_the_call_with_the_reason(self) -> None:
        world = World()
        world.sockets.failure = Unavailable("connection refused")
        world.call()
        await asyncio.sleep(2)

        assert (world.ending.status, world.told.events) == (503, [])
        assert "connection refused" in world.ending.reason

    @in_virtual_time
    async def test_by_a_fault_of_ours_is_told_besides(self) -> None:
        world = World()
        world.sockets.failure = ZeroDivisionError("as the test wants it")
        world.call()
        await asyncio.sleep(2)

        assert world.ending.status == 503
        assert world.told.kinds == [catalogue.FAULT]

    @in_virtual_time
    async def test_of_a_100_by_udp_leaves_the_call_to_be_answered(self) -> None:
        """The caller asks again: it hears what it missed, and its call is the same call."""
        world = World()
        world.sockets.failure = Unavailable("connection refused, says ICMP")
        world.driver.receive(an_invite(), source())
        await asyncio.sleep(0.4)
        world.sockets.failure = None
        world.driver.receive(an_invite(), source())
        (offer,) = world.events
        assert isinstance(offer, CallOffered)
        offer.leg.answer(local_media(), world.driver.now())
        world.driver.settle()
        await asyncio.sleep(0.1)

        assert world.sockets.lines == ["100", "200"]


class TestAConnectionThatCloses:
    @in_virtual_time
    async def test_ends_the_call_that_nobody_answered_by_it(self) -> None:
        world = World()
        world.call()
        await asyncio.sleep(1.2)
        world.driver.connection_closed("c1", "the peer closed the connection")

        assert (world.ending.status, world.ending.reason) == (503, "the peer closed the connection")


class TestAskingDns:
    @pytest.mark.parametrize(
        ("failure", "is_fault"), [(Unavailable("no such name"), False), (KeyError("name"), True)]
    )
    @in_virtual_time
    async def test_that_fails_ends_the_call(self, failure: Exception, *, is_fault: bool) -> None:
        world = World()
        world.names.failure = failure
        world.call()
        await asyncio.sleep(2)

        assert world.sockets.sent == []
        assert "name" in world.ending.reason
        assert world.told.kinds == ([catalogue.FAULT] if is_fault else [])


class TestAFaultOfOurs:
    @in_virtual_time
    async def test_in_a_timer_is_not_met_without_a_pause(self) -> None:
        world = World(FailingAtTimers)
        world.call()
        await asyncio.sleep(1 + 0.5 + 10 * AFTER_A_FAULT)

        assert world.told.kinds == [catalogue.FAULT]
        assert world.sockets.lines == ["INVITE"]

    @in_virtual_time
    async def test_in_whoever_is_told_keeps_nothing_from_being_sent(self) -> None:
        world = Deaf()
        world.driver.receive(an_invite(), source())
        await asyncio.sleep(0.3)

        assert world.sockets.lines == ["100"]
        assert world.told.events[0].fields["what"] == "taking CallOffered"


class Deaf(World):
    """Cannot be told anything."""

    def take(self, event: Event) -> None:
        raise ZeroDivisionError("as the test wants it")


class TestStopping:
    @in_virtual_time
    async def test_waits_for_no_peer_longer_than_it_was_asked_to(self) -> None:
        world, clock = World(), LoopClock()
        world.call()
        await asyncio.sleep(2)
        began, sent = clock.now(), len(world.sockets.sent)
        await world.driver.stop(patience=3)
        stopped = clock.now()
        await asyncio.sleep(60)

        assert stopped - began == pytest.approx(3)
        later = [message for at, message in world.sockets.sent[sent:] if at > stopped]
        assert later == []

    @in_virtual_time
    async def test_waits_for_nobody_where_no_call_lives(self) -> None:
        world, clock = World(), LoopClock()
        await world.driver.stop(patience=3)

        assert clock.now() == Instant(0.0)

    @in_virtual_time
    async def test_leaves_no_question_behind(self) -> None:
        world = World()
        world.call()
        await world.driver.stop(patience=0.2)
        await asyncio.sleep(0)

        assert [task for task in asyncio.all_tasks() if "resolve" in repr(task)] == []
