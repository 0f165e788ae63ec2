"""Whose packet it is: by port pair and address, and for how long a call is remembered."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from umbel.core.instants import Instant
from umbel.net.media_engine.names import Endpoint, digest_of, digests, endpoint_of, name_of
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


ROWS = 6
places = st.tuples(
    st.sampled_from((PEER, OTHER, ("192.0.2.1", 40001), ("192.0.2.2", 40000))), st.integers(0, 2)
)
changes = st.tuples(st.integers(0, ROWS - 1), st.none() | places, st.booleans())
"""Of a row: where its peer is from now on, or that it is unknown, or has left."""


class TestRowsThatComeAndGo:
    @given(st.lists(changes, max_size=30))
    def test_are_found_where_they_are_last(
        self, steps: list[tuple[int, tuple[Endpoint, int] | None, bool]]
    ) -> None:
        seating, known = Seating(ROWS), dict[int, tuple[Endpoint, int]]()
        for row, place, is_over in steps:
            if place is not None:
                seating.move(row, place[1], place[0], Instant(0.0))
                known[row] = place
            else:
                known.pop(row, None)
                if is_over:
                    seating.leave(row, Instant(0.0))
                else:
                    seating.unsettle(row)
            for (peer, pair), rows in sharing(known).items():
                assert found(seating, (peer, pair)) == [rows[0] if len(rows) == 1 else SHARED]
                assert seating.sharers(name_of(peer), pair) == rows
                assert not seating.is_gone(name_of(peer), pair, Instant(0.0))
            elsewhere = (("198.51.100.1", 9), 0)
            assert found(seating, elsewhere) == [UNKNOWN]

    @given(st.sampled_from((PEER, OTHER)), st.integers(0, 1 << 16))
    def test_have_one_digest_however_it_is_made(self, peer: Endpoint, pair: int) -> None:
        names = np.frombuffer(name_of(peer), np.uint8).reshape(1, -1)
        assert digests(names, np.array([pair], np.intp)).tolist() == [
            digest_of(name_of(peer), pair)
        ]


def sharing(known: dict[int, tuple[Endpoint, int]]) -> dict[tuple[Endpoint, int], list[int]]:
    """Give, for each place, the rows that are there, in order."""
    rows: dict[tuple[Endpoint, int], list[int]] = {}
    for row, place in sorted(known.items()):
        rows.setdefault(place, []).append(row)
    return rows


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
