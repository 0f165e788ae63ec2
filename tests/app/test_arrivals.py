"""What is kept of gateways that come to us."""

from dataclasses import replace

import pytest
from tests.support.attempts import HANDSHAKE
from tests.support.memory_observations import MemoryObservations
from tests.support.organisation import LYNC, PBX, organisation
from tests.support.still_clock import PIONEERS_DAY, StillClock

from umbel.app.arrivals import Arrivals
from umbel.diagnosis.observation import Direction, PeeringState
from umbel.identity.handshake import Ending, HandshakeReport, Role, Step
from umbel.sip.hop import Source, Transport

POOL = {"lync": ("192.0.2.7",)}
THEIRS = replace(HANDSHAKE, role=Role.SERVER, remote=("192.0.2.7", 40000), peer_chain=(b"x",))
SOURCE = Source(
    transport=Transport.TLS,
    address="192.0.2.7",
    port=40000,
    local_address="192.0.2.1",
    local_port=5061,
    handshake=THEIRS,
)
SEEN = (
    Step(sent_by_us=False, message="ClientHello", after=0.0),
    Step(sent_by_us=True, message="Certificate", after=0.0),
)


class Door:
    """Arrivals, and what of them is kept."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.kept = MemoryObservations()
        self.arrivals = Arrivals("node01", self.clock, self.kept)

    def fails(self, ending: Ending, **fields: object) -> None:
        """Let a handshake fail that somebody began."""
        names = {name: getattr(THEIRS, name) for name in THEIRS.__dataclass_fields__}
        report = HandshakeReport(**(names | {"ending": ending} | fields))
        self.arrivals.note_failure(report, organisation(LYNC), POOL)

    @property
    def states(self) -> list[PeeringState]:
        """The states that were kept, in order."""
        return [one.state for one in self.kept.put_all]


@pytest.fixture
def door() -> Door:
    return Door()


class TestAGatewayThatCalls:
    def test_is_kept_with_its_handshake(self, door: Door) -> None:
        door.arrivals.note_request(LYNC, SOURCE)

        (seen,) = door.kept.put_all
        assert (seen.node, seen.gateway, seen.transport) == ("node01", "lync", Transport.TLS)
        assert (seen.direction, seen.state) == (Direction.FROM_GATEWAY, PeeringState.UP)
        assert (seen.since, seen.at, seen.handshake) == (PIONEERS_DAY, PIONEERS_DAY, THEIRS)

    def test_is_kept_without_one_where_there_was_none(self, door: Door) -> None:
        door.arrivals.note_request(PBX, replace(SOURCE, transport=Transport.UDP, handshake=None))
        assert door.kept.put_all[0].handshake is None

    def test_is_kept_anew_every_half_minute_and_not_with_each_request(self, door: Door) -> None:
        for _second in range(61):
            door.arrivals.note_request(LYNC, SOURCE)
            door.clock.go_on(1.0)

        assert len(door.kept.put_all) == 3
        assert {one.since for one in door.kept.put_all} == {PIONEERS_DAY}

    def test_is_kept_anew_when_it_shakes_hands_anew_but_not_in_a_loop(self, door: Door) -> None:
        for number in range(40):
            shaken = replace(THEIRS, took=float(number))
            door.arrivals.note_request(LYNC, replace(SOURCE, handshake=shaken))
            door.clock.go_on(0.1)

        assert len(door.kept.put_all) == 4


class TestAHandshakeThatAGatewayBeganAndThatFailed:
    def test_is_its_refusal_where_it_saw_our_certificate(self, door: Door) -> None:
        door.fails(Ending.REFUSED_BY_PEER)
        door.fails(Ending.CLOSED_BY_PEER, own_chain=(b"ours",), steps=SEEN)
        assert door.states == [PeeringState.REFUSED_BY_THEM]

    def test_is_ours_where_we_did_not_believe_it(self, door: Door) -> None:
        door.fails(Ending.REFUSED_BY_US)
        assert door.states == [PeeringState.REFUSED_BY_US]

    @pytest.mark.parametrize("ending", [Ending.CLOSED_BY_PEER, Ending.TIMED_OUT, Ending.NOT_TLS])
    def test_is_nothing_where_nobody_judged_a_certificate(self, door: Door, ending: Ending) -> None:
        """A load balancer looks whether the port is open; a browser lost its way."""
        door.fails(ending)
        assert door.states == []

    def test_is_nothing_of_somebody_elses_address(self, door: Door) -> None:
        door.fails(Ending.REFUSED_BY_PEER, remote=("198.51.100.1", 40000))
        assert door.states == []

    def test_is_nothing_where_we_began_it(self, door: Door) -> None:
        door.fails(Ending.REFUSED_BY_PEER, role=Role.CLIENT)
        assert door.states == []


class TestSomebodyAtAGatewaysAddress:
    def test_who_proved_to_be_another_was_refused_by_us(self, door: Door) -> None:
        door.arrivals.note_stranger(SOURCE, organisation(LYNC), POOL)
        assert door.states == [PeeringState.REFUSED_BY_US]

    def test_without_tls_is_nobody(self, door: Door) -> None:
        door.arrivals.note_stranger(replace(SOURCE, handshake=None), organisation(LYNC), POOL)
        assert door.states == []

    def test_tells_since_when_it_is_so(self, door: Door) -> None:
        door.arrivals.note_request(LYNC, SOURCE)
        door.clock.go_on(5.0)
        door.arrivals.note_stranger(SOURCE, organisation(LYNC), POOL)
        door.clock.go_on(40.0)
        door.arrivals.note_stranger(SOURCE, organisation(LYNC), POOL)

        first, second, third = door.kept.put_all
        assert first.since < second.since == third.since < third.at
