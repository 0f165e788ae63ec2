"""What is heard of a stream, whatever becomes of its packets on the way."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.media.frame import FRAME
from umbel.net.media_engine.strips import LONGEST, MOST_HEARD, Strips

SILENCE = 0xFF
NOTHING = bytes((SILENCE,)) * FRAME
DEPTH = 2 * FRAME


def frame(number: int) -> bytes:
    return bytes((number % 251,)) * FRAME


class Strip:
    """One strip among others, with the packets of its neighbours around it."""

    def __init__(self, depth: int = DEPTH) -> None:
        self._strips = Strips(3, depth)
        for row in range(3):
            self._strips.begin(row, SILENCE)

    def put(self, number: int, timestamp: int, payload: bytes) -> None:
        rows = np.array([0, 1, 2], np.intp)
        numbers = np.array([number + 7, number, number], np.int64)
        stamps = np.array([timestamp ^ 0x55, timestamp, timestamp + 3], np.int64)
        octets = np.frombuffer(payload, np.uint8)
        payloads = np.stack([octets ^ 1, octets, octets ^ 2])
        self._strips.put(rows, numbers, stamps, payloads)

    def take(self) -> bytes:
        return bytes(self._strips.take(np.arange(3))[1])


def buffer() -> Strip:
    return Strip()


def put(into: Strip, numbers: Iterable[int], shift: int = 0) -> None:
    """Put packets of 20 ms whose timestamps are *shift* off."""
    for number in numbers:
        into.put(number, (number * FRAME + shift) % (1 << 32), frame(number))


def take(out_of: Strip, frames: int) -> list[bytes]:
    return [out_of.take() for _ in range(frames)]


def lived(into: Strip, ticks: Iterable[Iterable[int]], shift: int = 0) -> list[bytes]:
    """Let ticks pass, in each of which some packets come and one frame is taken."""
    frames = []
    for numbers in ticks:
        put(into, numbers, shift)
        frames.append(into.take())
    return frames


class TestBeforeAnythingCame:
    def test_silence_is_heard(self) -> None:
        assert take(buffer(), 3) == [NOTHING] * 3


class TestAStreamInOrder:
    def test_is_heard_after_the_delay(self) -> None:
        heard = lived(buffer(), [[number] for number in range(10, 20)])

        assert heard == [NOTHING, NOTHING, *map(frame, range(10, 18))]

    def test_is_heard_across_the_wrap_of_timestamps(self) -> None:
        heard = lived(buffer(), [[number] for number in range(6)], shift=(1 << 32) - 3 * FRAME)

        assert heard == [NOTHING, NOTHING, *map(frame, range(4))]

    @pytest.mark.parametrize("length", [80, 240, 320, 480])
    def test_is_cut_into_frames_whatever_the_packets_hold(self, length: int) -> None:
        heard = buffer()
        audio = bytes(range(240)) * 8
        for number in range(len(audio) // length):
            piece = audio[number * length : (number + 1) * length]
            heard.put(number, number * length, piece)

        assert b"".join(take(heard, 14)) == NOTHING * 2 + audio


class TestLossAndDisorder:
    def test_a_lost_packet_is_silence_of_its_length(self) -> None:
        heard = lived(buffer(), [[0], [1], [], [3], [4], []])

        assert heard == [NOTHING, NOTHING, frame(0), frame(1), NOTHING, frame(3)]

    def test_a_packet_that_was_overtaken_finds_its_place(self) -> None:
        heard = lived(buffer(), [[0], [2], [1], [3], [], []])

        assert heard[2:] == [frame(0), frame(1), frame(2), frame(3)]

    def test_a_packet_that_comes_twice_is_heard_once(self) -> None:
        heard = lived(buffer(), [[0, 0], [1], [1, 2], [3], [], []])

        assert heard[2:] == [frame(0), frame(1), frame(2), frame(3)]

    def test_a_packet_that_comes_too_late_is_not_heard(self) -> None:
        late = buffer()
        heard = lived(late, [[0], [1], [3], [4], [5], [2], [6], []])

        assert heard[2:] == [frame(0), frame(1), NOTHING, frame(3), frame(4), frame(5)]

    def test_packets_that_come_too_late_do_not_turn_the_clock_back(self) -> None:
        late = buffer()
        heard = lived(late, [[0], [], [], [3], [4], [1, 2], [5], [6], []])

        assert heard[2:] == [frame(0), NOTHING, NOTHING, frame(3), frame(4), frame(5), frame(6)]

    def test_of_a_packet_that_is_half_late_the_other_half_is_heard(self) -> None:
        half = buffer()
        half.put(0, 0, bytes(80))
        take(half, 2)
        half.put(1, 80, bytes(range(160)))
        half.take()

        assert half.take() == bytes(range(80, 160)) + NOTHING[80:]

    def test_nothing_is_heard_of_empty_or_monstrous_packets(self) -> None:
        strange = buffer()
        strange.put(0, 0, b"")
        strange.put(1, 0, bytes(LONGEST + 1))

        assert take(strange, 60) == [NOTHING] * 60

    @repeatable
    @given(st.permutations(range(8)), st.sets(st.integers(1, 7)))
    def test_what_comes_within_the_delay_is_heard_in_order(
        self, order: list[int], lost: set[int]
    ) -> None:
        mixed = Strip(8 * FRAME)
        put(mixed, [number for number in order if number not in lost])
        heard = [one for one in take(mixed, 30) if one != NOTHING]

        assert heard == [frame(number) for number in range(8) if number not in lost]


class TestAPauseOfTheSender:
    def test_is_as_long_as_its_timestamps_say(self) -> None:
        """Silence suppression: nothing is sent, and the timestamps run on."""
        ticks: list[list[int]] = [[0], [1], *([] for _ in range(100)), [102], [103], [], []]
        heard = lived(buffer(), ticks)

        assert heard[2:4] == [frame(0), frame(1)]
        assert set(heard[4:104]) == {NOTHING}
        assert heard[104:] == [frame(102), frame(103)]

    def test_may_stop_its_clock_and_be_heard_again(self) -> None:
        """Hold, by a sender whose timestamps stand still meanwhile."""
        stopped = buffer()
        lived(stopped, [[0], [1], *([] for _ in range(100))])
        heard = lived(stopped, [[2], [3], [4], [], []])

        assert [one for one in heard if one != NOTHING] == [frame(2), frame(3)]


class TestASourceThatStartsAgain:
    @pytest.mark.parametrize("shift", [5_000_000, -5_000_000, 1 << 31])
    def test_is_heard_from_its_first_new_packet_on(self, shift: int) -> None:
        again = buffer()
        heard = lived(again, [[0], [1], [2], [3]])
        heard += lived(again, [[4], [5], [6], [], [], []], shift=shift)

        assert [one for one in heard if one != NOTHING] == [frame(n) for n in range(7)]

    def test_lets_what_came_before_be_heard_first(self) -> None:
        again = buffer()
        put(again, range(8))
        put(again, range(8, 12), shift=5_000_000)
        heard = [one for one in take(again, 30) if one != NOTHING]

        assert heard == [frame(number) for number in range(12)]

    def test_is_not_believed_for_successors_whose_clocks_disagree(self) -> None:
        stray = buffer()
        heard = lived(stray, [[0], [1]])
        for number in range(2, 8):
            stray.put(number, number * 1_000_000, frame(number))
        heard += lived(stray, [[], [], []])

        assert heard[2:] == [frame(0), frame(1), NOTHING]

    def test_is_not_believed_for_one_stray_packet(self) -> None:
        stray = buffer()
        heard = lived(stray, [[0], [1]])
        put(stray, [500], shift=5_000_000)
        heard += lived(stray, [[2], [3], [], []])

        assert heard[2:] == [frame(0), frame(1), frame(2), frame(3)]

    def test_is_not_believed_for_strays_that_disagree(self) -> None:
        stray = buffer()
        heard = lived(stray, [[0], [1]])
        for number in range(500, 600, 20):
            stray.put(number, number * 1_000_000, frame(number))
        heard += lived(stray, [[2], [3], [], []])

        assert heard[2:] == [frame(0), frame(1), frame(2), frame(3)]

    def test_spoils_nothing_that_was_heard_and_not_read_yet(self) -> None:
        strips, rows = Strips(1, DEPTH), np.array([0], np.intp)
        strips.begin(0, SILENCE)

        def put(number: int, timestamp: int) -> None:
            numbers, stamps = np.array([number], np.int64), np.array([timestamp], np.int64)
            strips.put(rows, numbers, stamps, np.full((1, FRAME), number % 251, np.uint8))

        for number in range(MOST_HEARD - 2):
            put(number, number * FRAME)
            strips.hear(rows)
        for number in range(52, 72):  # Much that waits to be heard.
            put(number, number * FRAME)
        put(600, 5_000_000)
        put(601, 5_000_000 + 7_900)
        heard = strips.read(rows, MOST_HEARD - 2)[0, DEPTH // FRAME :]

        assert [set(frame.tolist()) for frame in heard] == [
            {number % 251} for number in range(len(heard))
        ]


class TestNobodyListens:
    def test_holds_no_more_than_a_second_or_so(self) -> None:
        unheard = buffer()
        put(unheard, range(10_000))
        heard = [one for one in take(unheard, 10_000) if one != NOTHING]

        assert len(heard) <= 2 * LONGEST // FRAME
        assert heard[-1] in [frame(number) for number in range(9_900, 10_000)]


class TestWhatIsMissing:
    """Frames of packets that did not come are told as lost; what came late is not."""

    @repeatable
    @given(
        st.sampled_from([80, 160, 200, 240, 320]),
        st.lists(st.sampled_from(["on", "on", "lost", "late", "off"]), max_size=12),
        st.integers(0, 159),
    )
    def test_is_never_what_came(self, length: int, fates: list[str], shift: int) -> None:
        strips, rows = Strips(1, 5 * FRAME), np.array([0], np.intp)
        strips.begin(0, SILENCE)
        late: list[int] = []

        def put(number: int) -> None:
            stamps = np.array([number * length + (shift if number else 0)], np.int64)
            octets = np.full((1, length), 7, np.uint8)
            strips.put(rows, np.array([number], np.int64), stamps, octets)

        put(0)
        for number, fate in enumerate(fates, 1):
            if fate == "on":
                put(number)
                while late:
                    put(late.pop())
            elif fate == "late":
                late.append(number)
        for _ in range(50):
            strips.hear(rows)
            are_lost = strips.are_lost(rows)
            if are_lost is not None:
                assert bytes(strips.latest(rows)) == NOTHING
            strips.read(rows, 1)

        assert strips.are_lost(rows) is None
        assert strips._losses == 0

    def test_is_forgotten_with_the_strip(self) -> None:
        strips, rows = Strips(1, 5 * FRAME), np.array([0], np.intp)
        strips.begin(0, SILENCE)
        for number in (0, 3):
            octets = np.full((1, FRAME), 7, np.uint8)
            stamps = np.array([number * FRAME], np.int64)
            strips.put(rows, np.array([number], np.int64), stamps, octets)
        strips.begin(0, SILENCE)
        strips.hear(rows)

        assert strips._losses == 0
