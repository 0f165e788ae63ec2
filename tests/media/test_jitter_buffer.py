"""Packets of a stream in order, decoded, with something in the place of what did not come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.likeness import Samples
from tests.support.repeatable import repeatable

from umbel.media.jitter_buffer import MOST_PACKETS, JitterBuffer

DEPTH = 2 * 160
START = 0xFFFF_FFFF - 959
"""Of the timestamps, which wrap soon."""

CONCEALED, RECOVERED = -1, -2


class Decoder:
    """Gives the number in a packet for each of its samples; says what else it was asked for."""

    def decode(self, payload: bytes) -> Samples | None:
        if payload == b"bad":
            return None
        number, _, samples = payload.partition(b"*")
        return np.full(int(samples or 160), int(number), np.int16)

    def conceal(self, samples: int) -> Samples:
        return np.full(samples, CONCEALED, np.int16)

    def recover(self, following: bytes, samples: int) -> Samples:
        return np.full(samples, RECOVERED, np.int16)


class Stream:
    """Packets of Opus with their numbers as what they say."""

    def __init__(self) -> None:
        self.buffer = JitterBuffer(Decoder(), 48000, DEPTH)

    def put(self, number: int, payload: bytes | None = None, *, late: int = 0) -> None:
        timestamp = (START + 960 * number + late) % (1 << 32)
        self.buffer.put(number, timestamp, b"%d" % number if payload is None else payload)

    def take(self, frames: int) -> list[int]:
        """Give what each frame is made of, where it is of one thing."""
        taken = [self.buffer.take() for _ in range(frames)]
        assert {len(frame) for frame in taken} <= {160}
        assert all((frame == frame[0]).all() for frame in taken)
        return [int(frame[0]) for frame in taken]


class TestPackets:
    def test_are_heard_in_order_after_their_delay(self) -> None:
        stream = Stream()
        for number in (1, 3, 2):
            stream.put(number)

        assert stream.take(5) == [0, 0, 1, 2, 3]

    def test_that_overtook_the_first_wait_for_it(self) -> None:
        stream = Stream()
        stream.put(2)
        stream.put(1)

        assert stream.take(4) == [0, 1, 2, CONCEALED]

    def test_that_come_twice_are_heard_once(self) -> None:
        stream = Stream()
        for number in (1, 1, 2):
            stream.put(number)

        assert stream.take(4) == [0, 0, 1, 2]

    def test_that_come_too_late_are_passed_over(self) -> None:
        stream = Stream()
        stream.put(1)
        stream.put(3)
        stream.take(4)
        stream.put(2)

        assert stream.take(1) == [3]

    def test_may_be_longer_and_shorter_than_a_frame(self) -> None:
        stream = Stream()
        stream.put(0, b"7*480")
        stream.put(3, b"8*80")
        stream.put(3, b"9*80", late=480)
        taken = np.concatenate([stream.buffer.take() for _ in range(6)])

        assert taken[320:].tolist() == [7] * 480 + [8] * 80 + [9] * 80

    def test_without_a_payload_say_nothing(self) -> None:
        stream = Stream()
        stream.put(1, b"")

        assert stream.take(1) == [0]


class TestALoss:
    def test_is_recovered_from_the_packet_after_it(self) -> None:
        stream = Stream()
        for number in (1, 2, 4, 5):
            stream.put(number)

        assert stream.take(7) == [0, 0, 1, 2, RECOVERED, 4, 5]

    def test_of_several_packets_is_concealed_up_to_the_last(self) -> None:
        stream = Stream()
        for number in (1, 5):
            stream.put(number)

        assert stream.take(7) == [0, 0, 1, CONCEALED, CONCEALED, RECOVERED, 5]

    def test_is_made_up_for_a_tenth_of_a_second_and_then_silent(self) -> None:
        stream = Stream()
        stream.put(1)

        assert stream.take(10) == [0, 0, 1, *[CONCEALED] * 5, 0, 0]

    def test_is_what_a_packet_that_cannot_be_decoded_is(self) -> None:
        stream = Stream()
        for number, payload in ((1, None), (2, b"bad"), (3, None)):
            stream.put(number, payload)

        assert stream.take(5) == [0, 0, 1, RECOVERED, 3]

    def test_before_the_first_packet_is_silent(self) -> None:
        assert Stream().take(2) == [0, 0]


class TestThePeersClock:
    def test_may_run_on_while_nothing_is_sent(self) -> None:
        stream = Stream()
        stream.put(1)
        stream.put(2)
        stream.take(30)
        stream.put(29)
        stream.put(30)

        assert stream.take(3) == [29, 30, CONCEALED]

    @pytest.mark.parametrize("jump", [10_000_000, -10_000_000, 96000])
    def test_is_followed_where_two_packets_agree_that_it_was_set(self, jump: int) -> None:
        stream = Stream()
        stream.put(1)
        stream.take(4)
        stream.put(2, late=jump)
        assert stream.take(1) == [CONCEALED]
        stream.put(3, late=jump)

        assert stream.take(4)[-2:] == [2, 3]

    def test_is_not_followed_for_one_packet(self) -> None:
        stream = Stream()
        stream.put(1)
        stream.put(2, late=10_000_000)
        stream.put(2)

        assert stream.take(4) == [0, 0, 1, 2]


class TestWhateverComes:
    def test_is_kept_within_bounds(self) -> None:
        stream = Stream()
        for late in range(10 * MOST_PACKETS):
            stream.put(1, late=late)

        assert len(stream.buffer) == MOST_PACKETS

    @repeatable
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 1 << 20),
                st.integers(0, (1 << 32) - 1),
                st.sampled_from([b"", b"bad", b"3", b"4*1", b"5*960", b"6*7"]),
                st.integers(0, 3),
            ),
            max_size=40,
        )
    )
    def test_gives_a_frame_for_each_tick(self, packets: list[tuple[int, int, bytes, int]]) -> None:
        buffer = JitterBuffer(Decoder(), 48000, DEPTH)
        for number, timestamp, payload, ticks in packets:
            buffer.put(number, timestamp, payload)
            assert all(len(buffer.take()) == 160 for _ in range(ticks))
