"""Whose packet it is: by port pair and address, and for how long a call is remembered."""

import numpy as np

from umbel.core.instants import Instant
from umbel.net.media_engine.names import Endpoint, endpoint_of, name_of
from umbel.net.media_engine.seating import LINGER, SHARED, UNKNOWN, Seating

PEER, OTHER = ("192.0.2.1", 40000), ("2001:db8::1", 40000)


def found(seating: Seating, *packets: tuple[Endpoint, int]) -> list[int]:
    """Give the rows of packets that came from an address to a port pair."""
    names = np.array([list(name_of(peer)) for peer, _ in packets], np.uint8)
    rows: list[int] = seating.find(names, np.array([pair for _, pair in packets])).tolist()
    return rows


class TestARow:
    def test_is_found_by_address_and_pair(self) -> None:
        seating = Seating(4)
        seating.settle(1, 7, PEER)
        seating.settle(3, 7, OTHER)

        packets = (PEER, 7), (OTHER, 7), (PEER, 8), (("192.0.2.1", 40001), 7)
        assert found(seating, *packets) == [1, 3, UNKNOWN, UNKNOWN]
        assert seating.peer(1) == PEER

    def test_is_not_found_before_it_is_settled_or_after_it_left(self) -> None:
        seating = Seating(2)
        assert found(seating, (PEER, 0)) == [UNKNOWN]

        seating.settle(0, 0, PEER)
        seating.unsettle(0)
        assert found(seating, (PEER, 0)) == [UNKNOWN]

        seating.settle(0, 0, PEER)
        seating.leave(0, Instant(0.0))
        assert found(seating, (PEER, 0)) == [UNKNOWN]

    def test_that_shares_its_address_is_told_as_such(self) -> None:
        seating = Seating(3)
        seating.settle(0, 5, PEER)
        seating.settle(2, 5, PEER)

        assert found(seating, (PEER, 5)) == [SHARED]
        assert seating.sharers(name_of(PEER), 5) == [0, 2]


class TestACallThatIsOver:
    def test_is_remembered_for_a_while(self) -> None:
        seating = Seating(1)
        seating.settle(0, 5, PEER)
        seating.leave(0, Instant(10.0))

        assert seating.is_gone(name_of(PEER), 5, Instant(10.0))
        assert not seating.is_gone(name_of(OTHER), 5, Instant(10.0))
        assert not seating.is_gone(name_of(PEER), 5, Instant(10.0 + LINGER))

    def test_is_forgotten_when_there_were_very_many(self) -> None:
        seating = Seating(1)
        for number in range(20_000):
            seating.settle(0, number // 5000, ("192.0.2.1", 1024 + number % 5000))
            seating.leave(0, Instant(number * 0.01))

        assert seating.remembered < 5000


class TestAnAddress:
    def test_is_read_as_it_was_written(self) -> None:
        assert [endpoint_of(name_of(it)) for it in (PEER, OTHER)] == [PEER, OTHER]
