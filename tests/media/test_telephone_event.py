from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.repeatable import repeatable

from umbel.core.errors import Misuse
from umbel.media.rtp import MalformedPacket
from umbel.media.telephone_event import KEYS, KeyDetector, TelephoneEvent, press


@dataclass(frozen=True)
class Sent:
    """One packet on its way."""

    event: TelephoneEvent
    timestamp: int
    sequence_number: int
    marker: bool


def pressed(key: str, *, at: int, sequence_number: int, held: float = 0.1) -> list[Sent]:
    """Make the packets of one press, whose timestamp is *at*."""
    return [
        Sent(packet.event, at % (1 << 32), (sequence_number + index) % 65536, packet.marker)
        for index, packet in enumerate(press(key, held))
    ]


def heard(packets: Iterable[Sent], detector: KeyDetector | None = None) -> str:
    """Give the keys that a detector tells of."""
    detector = detector or KeyDetector()
    return "".join(
        detector.feed(
            bytes(packet.event),
            timestamp=packet.timestamp,
            marker=packet.marker,
            sequence_number=packet.sequence_number,
        )
        or ""
        for packet in packets
    )


PRESS = pressed("5", at=16000, sequence_number=100)


class TestAPayload:
    @repeatable
    @given(
        st.builds(
            TelephoneEvent,
            event=st.integers(0, 255),
            duration=st.integers(0, 65535),
            is_end=st.booleans(),
            volume=st.integers(0, 63),
        )
    )
    def test_comes_back_as_it_was_built(self, event: TelephoneEvent) -> None:
        assert TelephoneEvent.parse(bytes(event)) == event

    def test_has_its_fields_where_rfc_4733_draws_them(self) -> None:
        event = TelephoneEvent(event=11, is_end=True, volume=10, duration=800)

        assert bytes(event) == bytes.fromhex("0b8a0320")

    def test_names_each_of_the_sixteen_keys(self) -> None:
        keys = [TelephoneEvent(event=number, duration=0).key for number in range(16)]

        assert keys == list("0123456789*#ABCD")

    def test_of_a_hook_flash_is_no_key(self) -> None:
        assert TelephoneEvent(event=16, duration=0).key is None

    def test_that_is_cut_short_is_malformed(self) -> None:
        with pytest.raises(MalformedPacket, match="found 3 octets, expected 4"):
            TelephoneEvent.parse(b"\1\2\3")


class TestOnePress:
    def test_is_told_once(self) -> None:
        assert heard(PRESS) == "5"

    def test_is_told_at_its_first_packet(self) -> None:
        assert heard(PRESS[:1]) == "5"

    @pytest.mark.parametrize("first", range(len(PRESS)))
    def test_is_told_at_the_first_that_arrives(self, first: int) -> None:
        assert heard(PRESS[first:]) == "5"

    def test_is_told_if_only_its_last_packet_arrives(self) -> None:
        assert heard(PRESS[-1:]) == "5"

    def test_is_told_once_when_every_packet_comes_twice(self) -> None:
        assert heard(packet for packet in PRESS for _ in range(2)) == "5"

    @repeatable
    @given(st.lists(st.sampled_from(PRESS), min_size=1, max_size=20))
    def test_is_told_once_whatever_is_lost_repeated_or_overtaken(self, some: list[Sent]) -> None:
        assert heard(some) == "5"

    def test_is_told_once_across_the_wrap_of_the_sequence_number(self) -> None:
        assert heard(pressed("5", at=16000, sequence_number=65533)) == "5"

    def test_is_told_once_by_a_sender_that_marks_every_packet(self) -> None:
        assert heard(replace(packet, marker=True) for packet in PRESS) == "5"

    def test_is_told_once_by_a_sender_that_marks_none(self) -> None:
        assert heard(replace(packet, marker=False) for packet in PRESS) == "5"

    def test_is_told_once_by_a_sender_whose_timestamp_runs_on(self) -> None:
        """Against RFC 4733 section 2.2.1, and met in the field."""
        wandering = [
            replace(packet, timestamp=packet.timestamp + 160 * index)
            for index, packet in enumerate(PRESS)
        ]

        assert heard(wandering) == "5"

    def test_longer_than_eight_seconds_comes_in_segments_and_is_told_once(self) -> None:
        def packet(index: int, segment: int, duration: int, is_end: bool) -> Sent:
            event = TelephoneEvent(event=5, duration=duration, is_end=is_end)
            return Sent(event, (16000 + segment * 65535) % (1 << 32), index, index == 0)

        long = [
            packet(0, 0, 160, False),
            packet(1, 0, 65535, False),
            packet(5, 1, 160, False),  # 2 to 4 were lost
            packet(6, 1, 4000, True),
            packet(7, 1, 4000, True),
        ]

        assert heard(long) == "5"


class TestTheSameKeyAgain:
    def test_is_told_again(self) -> None:
        again = pressed("5", at=18000, sequence_number=120)

        assert heard(PRESS + again) == "55"

    @repeatable
    @given(st.integers(0, len(PRESS) - 1), st.integers(0, len(PRESS) - 1))
    def test_is_told_again_whatever_is_lost_between(self, kept: int, lost: int) -> None:
        again = pressed("5", at=18000, sequence_number=100 + len(PRESS))

        assert heard(PRESS[: kept + 1] + again[lost:]) == "55"

    def test_is_not_confused_by_late_packets_of_the_press_before(self) -> None:
        again = pressed("5", at=18000, sequence_number=100 + len(PRESS))

        assert heard(PRESS[:3] + again[:2] + PRESS[3:] + again[2:]) == "55"

    def test_is_not_confused_by_late_packets_of_the_press_before_that(self) -> None:
        second = pressed("5", at=18000, sequence_number=108)
        third = pressed("5", at=20000, sequence_number=116)

        assert heard([*PRESS[:6], *second[:6], *third, second[-1], PRESS[-1]]) == "555"

    def test_is_told_if_it_begins_where_a_segment_would(self) -> None:
        """Only the marker tells a new press from a long one that goes on."""
        again = pressed("5", at=16000 + 65535, sequence_number=500)

        assert heard(PRESS + again) == "55"

    def test_is_told_by_a_sender_whose_timestamp_stood_still(self) -> None:
        again = pressed("5", at=16000, sequence_number=120)

        assert heard(PRESS + again) == "55"

    def test_from_a_stream_that_goes_on_for_days_is_still_told(self) -> None:
        days = [
            packet
            for number in range(40)
            for packet in pressed("5", at=number << 28, sequence_number=number * 3000)
        ]

        assert heard(days) == "5" * 40


class TestSeveralKeys:
    def test_are_told_in_the_order_of_pressing(self) -> None:
        dialled = [
            packet
            for index, key in enumerate(KEYS)
            for packet in pressed(key, at=index * 1600, sequence_number=index * 20)
        ]

        assert heard(dialled) == KEYS

    def test_with_one_timestamp_are_told_apart(self) -> None:
        assert heard([*PRESS, *pressed("6", at=16000, sequence_number=120)]) == "56"

    def test_leave_out_what_is_no_key(self) -> None:
        flash = Sent(TelephoneEvent(event=16, duration=800), 99, 99, True)

        assert heard([flash, *PRESS, flash]) == "5"


class TestAnythingThatIsDialled:
    @repeatable
    @given(
        st.lists(
            st.tuples(st.sampled_from("0155"), st.sampled_from([0.04, 0.1]), st.randoms()),
            max_size=12,
        )
    )
    def test_is_heard_if_one_packet_of_each_press_arrives(
        self, presses: list[tuple[str, float, Random]]
    ) -> None:
        packets, number = [], 65000
        for index, (key, held, dice) in enumerate(presses):
            sent = pressed(key, at=index * 1200, sequence_number=number, held=held)
            number += len(sent)
            packets += dice.choices(sent, k=dice.randint(1, 6))

        assert heard(packets) == "".join(key for key, _, _ in presses)


class TestMakingAPress:
    def test_marks_the_first_and_repeats_the_last(self) -> None:
        packets = press("#", 0.06)

        assert [packet.marker for packet in packets] == [True, False, False, False, False]
        assert [packet.event.is_end for packet in packets] == [False, False, True, True, True]
        assert [packet.event.duration for packet in packets] == [160, 320, 480, 480, 480]
        assert [round(packet.after, 3) for packet in packets] == [0, 0.02, 0.04, 0.06, 0.08]
        assert {packet.event.key for packet in packets} == {"#"}

    def test_however_short_has_a_beginning_and_an_end(self) -> None:
        assert [packet.event.is_end for packet in press("1", 0.0)] == [True, True, True]

    @pytest.mark.parametrize("key", ["", "E", "12", "５"])
    def test_refuses_what_is_no_key(self, key: str) -> None:
        with pytest.raises(Misuse, match="no telephone has the key"):
            press(key, 0.1)

    def test_counts_in_the_clock_of_the_codec(self) -> None:
        packets = press("1", 0.06, clock_rate=48000)

        assert [packet.event.duration for packet in packets] == [960, 1920, 2880, 2880, 2880]

    @pytest.mark.parametrize(("held", "clock_rate"), [(9.0, 8000), (3.0, 48000)])
    def test_longer_than_one_duration_goes_on_in_segments_and_is_heard_once(
        self, held: float, clock_rate: int
    ) -> None:
        packets = press("1", held, clock_rate=clock_rate)
        detector = KeyDetector()
        heard = [
            detector.feed(
                bytes(packet.event),
                timestamp=4_294_900_000 + packet.segment & 0xFFFF_FFFF,
                marker=packet.marker,
                sequence_number=number,
            )
            for number, packet in enumerate(packets)
        ]

        assert [key for key in heard if key] == ["1"]
        assert packets[-1].segment + packets[-1].event.duration == held * clock_rate
        assert [packet.event.is_end for packet in packets[-4:]] == [False, True, True, True]
