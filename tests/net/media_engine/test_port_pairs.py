"""The ports that calls are given, and what is told when there are none."""

import resource

import pytest
from tests.support.free_ports import free_pairs, take
from tests.support.studio import PORTS, Studio

from umbel.core.errors import Unavailable
from umbel.media.engine import Close, Open, Opened, OpenFailed
from umbel.net.media_engine.names import canonical
from umbel.net.media_engine.ports import CALLS_OF_A_PAIR, Ports

PEER, OTHER = ("192.0.2.1", 40000), ("192.0.2.1", 40002)


class TestAPair:
    def test_is_an_even_port_and_the_next(self) -> None:
        ports = Ports(PORTS)
        pair = ports.take("127.0.0.1").pair

        assert pair.port % 2 == 0
        assert pair.rtp.getsockname() == ("127.0.0.1", pair.port)
        assert pair.rtcp.getsockname() == ("127.0.0.1", pair.port + 1)
        ports.close()

    @pytest.mark.parametrize(
        ("configured", "pairs"),
        [(range(43000, 43010), 5), (range(43001, 43010), 4), (range(43000, 43009), 4)],
    )
    def test_lies_wholly_within_the_range(self, configured: range, pairs: int) -> None:
        ports = Ports(configured)
        assert (ports.pairs, len(ports)) == (pairs, pairs * CALLS_OF_A_PAIR)
        ports.close()

    def test_is_not_bound_again_before_all_others(self) -> None:
        ports = Ports(free_pairs(3))
        first = ports.take("127.0.0.1")
        ports.leave(first)
        others = [ports.take("127.0.0.1").pair.port for _ in range(2)]

        assert first.pair.port not in others
        assert ports.take("127.0.0.1").pair.port == first.pair.port
        ports.close()

    def test_serves_calls_of_other_peers(self) -> None:
        ports = Ports(free_pairs(2))
        seats = []
        for number in range(CALLS_OF_A_PAIR + 1):
            seat = ports.take("127.0.0.1", ("192.0.2.1", 40000 + number))
            seats.append(seat)

        assert len({seat.pair.port for seat in seats[:-1]}) == 1
        assert seats[-1].pair is not seats[0].pair
        assert len({seat.row for seat in seats}) == len(seats)
        ports.close()

    def test_is_of_one_address(self) -> None:
        ports = Ports(free_pairs(2))
        first = ports.take("127.0.0.1", PEER)

        assert ports.take("127.0.0.2", OTHER).pair is not first.pair
        ports.close()

    def test_has_no_peer_twice(self) -> None:
        ports = Ports(free_pairs(2))
        first = ports.take("127.0.0.1", PEER)

        assert ports.take("127.0.0.1", PEER).pair is not first.pair
        ports.close()

    def test_is_not_shared_with_a_peer_that_may_be_anybody(self) -> None:
        ports = Ports(free_pairs(2))
        first = ports.take("127.0.0.1")
        first.pair.newcomers.clear()

        assert ports.take("127.0.0.1", PEER).pair is not first.pair
        ports.close()

    def test_is_closed_with_its_last_call(self) -> None:
        ports = Ports(free_pairs(1))
        first = ports.take("127.0.0.1", PEER)
        second = ports.take("127.0.0.1", OTHER)
        ports.leave(first)
        assert second.pair.rtp.fileno() >= 0

        ports.leave(second)
        assert second.pair.rtp.fileno() == -1
        ports.close()

    @pytest.mark.parametrize("taken", [0, 1])
    def test_of_which_another_program_has_one_port_is_left_out(self, taken: int) -> None:
        free = free_pairs(2)
        with take("127.0.0.1", free.start + taken):
            ports = Ports(free)
            assert ports.take("127.0.0.1").pair.port == free.start + 2
            ports.close()

    def test_can_be_had_on_ipv6(self) -> None:
        ports = Ports(PORTS)
        assert ports.take("::1").pair.rtp.getsockname()[0] == "::1"
        ports.close()


class TestNoPair:
    def test_is_told_with_the_range_and_who_has_it(self) -> None:
        ports = Ports(free_pairs(1))
        ports.take("127.0.0.1")

        with pytest.raises(Unavailable) as refusal:
            ports.take("127.0.0.1")
        assert "no free pair of ports at 127.0.0.1" in str(refusal.value)
        assert "1 of 1 are taken by calls of this node" in str(refusal.value)
        ports.close()

    def test_can_be_had_when_the_process_may_open_nothing_more(self) -> None:
        ports = Ports(PORTS)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        with take("127.0.0.1", 0) as next_free:
            resource.setrlimit(resource.RLIMIT_NOFILE, (next_free.fileno() + 1, most))
            try:
                with pytest.raises(Unavailable, match="Too many open files"):
                    ports.take("127.0.0.1")
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, before)
        ports.close()

    @pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
    def test_can_be_had_at_an_address_of_another_machine(self, address: str) -> None:
        ports = Ports(PORTS)
        with pytest.raises(Unavailable, match=address):
            ports.take(address)
        ports.close()


class TestOpening:
    def test_a_session_answers_with_its_port(self, studio: Studio) -> None:
        (opened,) = studio.do(Open(session="a", address="127.0.0.1"))

        assert isinstance(opened, Opened)
        assert opened.port in PORTS

    def test_one_too_many_answers_with_the_reason(self) -> None:
        with Studio(free_pairs(1)) as studio:
            studio.do(Open(session="a", address="127.0.0.1"))
            (failed,) = studio.do(Open(session="b", address="127.0.0.1"))

            assert isinstance(failed, OpenFailed)
            assert "no free pair" in failed.reason

    def test_after_a_close_takes_the_ports_that_are_free_again(self) -> None:
        with Studio(free_pairs(1)) as studio:
            for _ in range(3):
                (opened,) = studio.do(Open(session="a", address="127.0.0.1"))
                assert isinstance(opened, Opened)
                studio.do(Close(session="a"))

    def test_a_session_twice_fails_and_leaves_the_first(self, studio: Studio) -> None:
        studio.do(Open(session="a", address="127.0.0.1"))
        (failed,) = studio.do(Open(session="a", address="127.0.0.1"))

        assert isinstance(failed, OpenFailed)
        assert len(studio.engine) == 1


class TestAnAddress:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("um.domain.local", None),
            ("", None),
        ],
    )
    def test_is_compared_as_the_system_writes_it(self, written: str, meant: str | None) -> None:
        assert canonical(written) == meant
